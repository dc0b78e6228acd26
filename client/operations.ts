// The operations that the commands use, each with the type of its data. operations.test.ts checks them against
// schema/schema.graphql.

const USER_ERRORS = 'userErrors { message code path }';

export const SIGN_UP = `mutation SignUp($input: SignUpInput!) {
  signUp(input: $input) { tokens { accessToken refreshToken } ${USER_ERRORS} }
}`;
export interface SignUp {
  tokens: { accessToken: string; refreshToken: string };
}

export const CREATE_TENANT = `mutation CreateTenant($input: CreateTenantInput!) {
  createTenant(input: $input) { tenant { id name } ${USER_ERRORS} }
}`;
export interface CreateTenant {
  tenant: { id: string; name: string };
}

export const CREATE_PROJECT = `mutation CreateProject($input: CreateProjectInput!) {
  createProject(input: $input) { project { id name } ${USER_ERRORS} }
}`;
export interface CreateProject {
  project: { id: string; name: string };
}

export const CREATE_API_KEY = `mutation CreateApiKey($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id prefix } secret ${USER_ERRORS} }
}`;
export interface CreateApiKey {
  apiKey: { id: string; prefix: string };
  secret: string;
}

/** What a key needs to upload, run and read. */
export const COMMAND_LINE_SCOPES = [
  'TENANT_READ',
  'PROJECT_READ',
  'DATASET_READ',
  'DATASET_CREATE',
  'DATASET_UPDATE',
  'EXPERIMENT_READ',
  'EXPERIMENT_CREATE',
  'RUN_READ',
  'RUN_START',
  'RUN_CONTROL',
  'ARTIFACT_READ',
  'MODEL_READ',
  'MODEL_CREATE',
  'MODEL_DEPLOY',
  'FEEDBACK_RECORD',
];

export const PROJECTS = `query Projects {
  projects(first: 1) { nodes { id name } }
}`;
export interface Projects {
  projects: { nodes: { id: string; name: string }[] };
}

export const CREATE_DATASET_UPLOAD = `mutation CreateDatasetUpload($input: CreateDatasetUploadInput!) {
  createDatasetUpload(input: $input) {
    dataset { id } datasetVersion { id } upload { url method headers { name value } } ${USER_ERRORS}
  }
}`;
export interface CreateDatasetUpload {
  dataset: { id: string };
  datasetVersion: { id: string };
  upload: { url: string; method: string; headers: { name: string; value: string }[] };
}

export const COMPLETE_DATASET_UPLOAD = `mutation CompleteDatasetUpload($input: CompleteDatasetUploadInput!) {
  completeDatasetUpload(input: $input) { datasetVersion { id } run { id } ${USER_ERRORS} }
}`;
export interface CompleteDatasetUpload {
  datasetVersion: { id: string };
  run: { id: string };
}

export const CORRECT_DATASET_COLUMNS = `mutation CorrectDatasetColumns($input: CorrectDatasetColumnsInput!) {
  correctDatasetColumns(input: $input) { datasetVersion { id } run { id } ${USER_ERRORS} }
}`;
export type CorrectDatasetColumns = CompleteDatasetUpload;

export const DATASET_VERSION_COLUMNS = `query DatasetVersionColumns($id: ID!) {
  node(id: $id) { ... on DatasetVersion { rows columns { name kind } } }
}`;
export interface DatasetVersionColumns {
  node: { rows: number; columns: { name: string; kind: string }[] } | null;
}

export const START_RUN = `mutation StartRun($input: StartRunInput!) {
  startRun(input: $input) { run { id } ${USER_ERRORS} }
}`;
export interface StartRun {
  run: { id: string };
}

export const CANCEL_RUN = `mutation CancelRun($input: CancelRunInput!) {
  cancelRun(input: $input) { run { id state } ${USER_ERRORS} }
}`;

export const RUN_EVENTS = `subscription RunEvents($runId: ID!, $after: String) {
  runEvents(runId: $runId, after: $after) {
    cursor type state step progress etaSeconds message
    run { engine device queue { position reason } }
  }
}`;
export interface RunEvents {
  runEvents: {
    cursor: string;
    type: string;
    state: string | null;
    step: string | null;
    progress: number | null;
    etaSeconds: number | null;
    message: string | null;
    run: { engine: string | null; device: string | null; queue: { position: number; reason: string } | null };
  };
}

export const RUN_METRICS = `subscription RunMetrics($runId: ID!, $after: String) {
  runMetrics(runId: $runId, after: $after) { cursor points { name step value at sequence } }
}`;
export interface RunMetrics {
  runMetrics: {
    cursor: string;
    points: { name: string; step: number; value: number; at: string; sequence: number }[];
  };
}

export const RUN_RESULT = `query RunResult($id: ID!) {
  run(id: $id) {
    id state rows engine device metricPoints metricPointsPublished
    stepTimings { step seconds }
    failure { code message location { file line column field } }
    artifacts { nodes {
      id kind fileName mediaType bytes sha256 downloadUrl
      report {
        scores { name family value reference referenceSource better unit meaning }
        relations {
          relation { childTable foreignKeyColumn parentTable parentKeyColumn }
          integrity cardinality { value reference } trend { value reference } siblings { value reference }
        }
      }
    } }
  }
}`;
export interface RunResult {
  run: {
    id: string;
    state: string;
    rows: number | null;
    engine: string | null;
    device: string | null;
    metricPoints: number;
    metricPointsPublished: number | null;
    stepTimings: { step: string; seconds: number }[];
    failure: {
      code: string;
      message: string;
      location: { file: string | null; line: number | null; column: string | null; field: string | null };
    } | null;
    artifacts: { nodes: Artifact[] };
  };
}
export interface Artifact {
  id: string;
  kind: string;
  fileName: string;
  mediaType: string;
  bytes: number;
  sha256: string;
  downloadUrl: string;
  report: { scores: Score[]; relations: RelationScores[] } | null;
}
/** Each score beside that of one half of the real parents against the other. */
export interface RelationScores {
  relation: { childTable: string; foreignKeyColumn: string; parentTable: string; parentKeyColumn: string };
  integrity: number;
  cardinality: { value: number; reference: number };
  trend: { value: number; reference: number } | null;
  siblings: { value: number; reference: number } | null;
}
export interface Score {
  name: string;
  family: string;
  value: number;
  reference: number | null;
  referenceSource: string | null;
  better: string;
  unit: string;
  meaning: string;
}

export const RANKING = `query Ranking($id: ID!) {
  artifact(id: $id) { ranking {
    recommender users items realInteractions syntheticInteractions tested cold coldEvents notes
    scores { measure cutoff group score { value low high } popularity { value low high } }
    traits { trait value popularity }
  } }
}`;
interface ScoreInterval {
  value: number;
  low: number;
  high: number;
}
export interface Ranking {
  artifact: {
    ranking: {
      recommender: string;
      users: number;
      items: number;
      realInteractions: number;
      syntheticInteractions: number;
      tested: number;
      cold: number;
      coldEvents: number;
      notes: string[];
      scores: {
        measure: string;
        cutoff: number | null;
        group: string;
        score: ScoreInterval;
        popularity: ScoreInterval;
      }[];
      traits: { trait: string; value: number; popularity: number }[];
    } | null;
  } | null;
}

export const EXPLANATION = `query Explanation($id: ID!) {
  artifact(id: $id) { explanation {
    recommender unit users items k faithfulUsers worlds notes
    explained { user events basis items {
      item base evidence localFit text counterfactual { without rank }
      events { item type platform time events shapley error leaveOneOut rankWithout local attention }
      features { feature value shapley error }
    } }
    importances { feature source importance }
    surrogates { kind fidelity rules { conditions answer share } }
    faithfulness {
      method deletion { value low high } deletionGain { value low high }
      insertion { value low high } insertionGain { value low high } deletionCurve insertionCurve
    }
  } }
}`;
export interface Explanation {
  artifact: {
    explanation: {
      recommender: string;
      unit: string;
      users: number;
      items: number;
      k: number;
      faithfulUsers: number;
      worlds: number;
      notes: string[];
      explained: { user: string; events: number; basis: string; items: ItemExplanation[] }[];
      importances: { feature: string; source: string; importance: number }[];
      surrogates: {
        kind: string;
        fidelity: number;
        rules: { conditions: string[]; answer: number; share: number }[];
      }[];
      faithfulness: {
        method: string;
        deletion: ScoreInterval;
        deletionGain: ScoreInterval;
        insertion: ScoreInterval;
        insertionGain: ScoreInterval;
        deletionCurve: number[];
        insertionCurve: number[];
      }[];
    } | null;
  } | null;
}
export interface ItemExplanation {
  item: string;
  base: number;
  evidence: number;
  localFit: number;
  text: string;
  counterfactual: { without: number[]; rank: number } | null;
  events: {
    item: string;
    type: string | null;
    platform: string | null;
    time: string | null;
    events: number;
    shapley: number;
    error: number;
    leaveOneOut: number;
    rankWithout: number;
    local: number;
    attention: number | null;
  }[];
  features: { feature: string; value: string | null; shapley: number; error: number }[];
}

export const START_COMPARISON = `mutation StartComparison($input: StartComparisonInput!) {
  startComparison(input: $input) { experiment { id } ${USER_ERRORS} }
}`;
export interface StartComparison {
  experiment: { id: string };
}

export const COMPARISON = `query Comparison($id: ID!) {
  experiment(id: $id) { comparison {
    recommender complete notes
    synthesis { runId seed state failure { message } }
    arms {
      trainOn ratio verdict runs { runId seed state failure { message } }
      scores {
        measure cutoff group users kept outcome mean { value low high } difference { value low high }
      }
    }
  } }
}`;
interface ComparedRun {
  runId: string;
  seed: number;
  state: string;
  failure: { message: string } | null;
}
export interface Comparison {
  experiment: {
    comparison: {
      recommender: string;
      complete: boolean;
      notes: string[];
      synthesis: ComparedRun[];
      arms: {
        trainOn: string;
        ratio: number | null;
        verdict: string | null;
        runs: ComparedRun[];
        scores: {
          measure: string;
          cutoff: number | null;
          group: string;
          users: number;
          kept: number | null;
          outcome: string | null;
          mean: ScoreInterval;
          difference: ScoreInterval | null;
        }[];
      }[];
    } | null;
  } | null;
}

export const RECOMMEND = `query Recommend($input: RecommendationsInput!) {
  recommend(input: $input) {
    basis items { item score reasons { event item time weight text } } unknown { user items platform } model { artifactId runId recommender }
    modelVersion { id number } recommendationId
  }
}`;
export interface Recommend {
  recommend: {
    basis: 'HISTORY' | 'FEATURES' | 'POPULARITY';
    items: {
      item: string;
      score: number;
      /** Null unless they were asked for. */
      reasons:
        | { event: string | null; item: string | null; time: string | null; weight: number; text: string }[]
        | null;
    }[];
    unknown: { user: boolean; items: string[]; platform: boolean };
    model: { artifactId: string; runId: string; recommender: string };
    modelVersion: { id: string; number: number } | null;
    recommendationId: string | null;
  };
}

export const SEARCH_RANKING = `query SearchRanking($id: ID!) {
  artifact(id: $id) { searchRanking {
    ranker products heldOutProducts realQueries syntheticQueries tested { queries count } notes
    scores {
      measure cutoff queries score { value low high }
      beside { baseline score { value low high } difference { value low high } }
    }
  } }
}`;
export interface SearchRanking {
  artifact: {
    searchRanking: {
      ranker: string;
      products: number;
      heldOutProducts: number;
      realQueries: number;
      syntheticQueries: number;
      tested: { queries: string; count: number }[];
      notes: string[];
      scores: {
        measure: string;
        cutoff: number | null;
        queries: string;
        score: ScoreInterval;
        beside: { baseline: string; score: ScoreInterval; difference: ScoreInterval }[];
      }[];
    } | null;
  } | null;
}

export const SEARCH_PRODUCTS = `query SearchProducts($input: SearchProductsInput!) {
  searchProducts(input: $input) {
    products { product score title brand category reasons { queryWord productWord field match } }
    unknownWords model { artifactId runId ranker }
  }
}`;
export interface SearchProducts {
  searchProducts: {
    products: {
      product: string;
      score: number;
      title: string | null;
      brand: string | null;
      category: string | null;
      reasons: {
        queryWord: string;
        productWord: string;
        field: 'TITLE' | 'BRAND' | 'CATEGORY' | 'DESCRIPTION';
        match: 'EXACT' | 'BEGINNING' | 'MISSPELT';
      }[];
    }[];
    unknownWords: string[];
    model: { artifactId: string; runId: string; ranker: string };
  };
}

const MODEL_IN_USE = `id name revision
  versions(first: 20) { nodes { id number stage share online { impressions clicks purchases ctr { value } } } }`;
export interface ModelInUse {
  id: string;
  name: string;
  /** To be named when what is live is changed. */
  revision: number;
  versions: {
    nodes: {
      id: string;
      number: number;
      stage: 'CANDIDATE' | 'LIVE' | 'RETIRED';
      share: number;
      online: { impressions: number; clicks: number; purchases: number; ctr: { value: number } | null };
    }[];
  };
}

export const MODELS_IN_USE = `query ModelsInUse($projectId: ID!, $filter: ModelFilter) {
  project(id: $projectId) { models(first: 30, filter: $filter, orderBy: NAME_ASC) { nodes { ${MODEL_IN_USE} } } }
}`;
export interface ModelsInUse {
  project: { models: { nodes: ModelInUse[] } } | null;
}

export const CREATE_MODEL = `mutation CreateModel($input: CreateModelInput!) {
  createModel(input: $input) { model { id } ${USER_ERRORS} }
}`;
export interface CreateModel {
  model: { id: string };
}

export const ADD_MODEL_VERSION = `mutation AddModelVersion($input: AddModelVersionInput!) {
  addModelVersion(input: $input) { modelVersion { id number stage } ${USER_ERRORS} }
}`;
export interface AddModelVersion {
  modelVersion: { id: string; number: number; stage: string };
}

export const PROMOTE_MODEL_VERSION = `mutation PromoteModelVersion($input: PromoteModelVersionInput!) {
  promoteModelVersion(input: $input) { model { ${MODEL_IN_USE} } ${USER_ERRORS} }
}`;

export const SPLIT_MODEL_TRAFFIC = `mutation SplitModelTraffic($input: SplitModelTrafficInput!) {
  splitModelTraffic(input: $input) { model { ${MODEL_IN_USE} } ${USER_ERRORS} }
}`;

export const ROLL_BACK_MODEL = `mutation RollBackModel($input: RollBackModelInput!) {
  rollBackModel(input: $input) { model { ${MODEL_IN_USE} } ${USER_ERRORS} }
}`;

export const WITHDRAW_MODEL = `mutation WithdrawModel($input: WithdrawModelInput!) {
  withdrawModel(input: $input) { model { ${MODEL_IN_USE} } ${USER_ERRORS} }
}`;

export const RECORD_FEEDBACK = `mutation RecordFeedback($input: RecordFeedbackInput!) {
  recordFeedback(input: $input) { recorded repeated ${USER_ERRORS} }
}`;
export interface RecordFeedback {
  recordFeedback: {
    recorded: number | null;
    repeated: number | null;
    userErrors: { message: string; code: string; path: string[] }[];
  };
}

const COUNTS = 'impressions clicks purchases ctr { value low high }';
interface Counts {
  impressions: number;
  clicks: number;
  purchases: number;
  ctr: ScoreInterval | null;
}

export const COMPARE_VERSIONS = `query CompareVersions($id: ID!, $cutoff: Int) {
  model(id: $id) { comparison(cutoff: $cutoff) {
    first { number } second { number } firstCounts { ${COUNTS} } secondCounts { ${COUNTS} }
    ctrDifference { value low high } verdict summary
  } }
}`;
export interface CompareVersions {
  model: {
    comparison: {
      first: { number: number };
      second: { number: number };
      firstCounts: Counts;
      secondCounts: Counts;
      ctrDifference: ScoreInterval | null;
      verdict: string;
      summary: string;
    } | null;
  };
}

export const COMPLETION = `query Completion($id: ID!) {
  artifact(id: $id) { completion {
    rows hiddenRows heldOut notes
    columns {
      name kind missing filled checked doubtful
      score { measure cells model { value r2 } simple { value r2 } neighbours { value r2 } }
    }
    doubts { row column value suggestion probability }
  } }
}`;
export interface Completion {
  artifact: {
    completion: {
      rows: number;
      hiddenRows: number;
      heldOut: boolean;
      notes: string[];
      columns: {
        name: string;
        kind: string;
        missing: number;
        filled: number;
        checked: number;
        doubtful: number;
        score: {
          measure: string;
          cells: number;
          model: CompletionFinding;
          simple: CompletionFinding;
          neighbours: CompletionFinding;
        } | null;
      }[];
      doubts: {
        row: number;
        column: string;
        value: string;
        suggestion: string | null;
        probability: number;
      }[];
    };
  } | null;
}
export interface CompletionFinding {
  value: number;
  r2: number | null;
}
