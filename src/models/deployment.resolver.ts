import { Arg, Ctx, FieldResolver, Int, Mutation, Resolver, Root } from 'type-graphql';
import type { ModelDeployment as DeploymentRow } from '../platform/prisma-client/client.js';
import type { GraphQLContext } from '../server/graphql-context.js';
import { UserError, UserErrorCode } from '../server/errors.js';
import { readShares } from './deployment.js';
import type { DeploymentService } from './deployment.service.js';
import {
  ModelDeployment,
  PromoteModelVersionInput,
  PromoteModelVersionPayload,
  RollBackModelInput,
  RollBackModelPayload,
  SplitModelTrafficInput,
  SplitModelTrafficPayload,
  WithdrawModelInput,
  WithdrawModelPayload,
  type DeploymentPayload,
} from './deployment.types.js';
import { Model } from './model.types.js';

const MOST_DEPLOYMENTS = 100;

@Resolver(() => Model)
export class DeploymentResolver {
  constructor(private readonly deployments: DeploymentService) {}

  @FieldResolver(() => [ModelDeployment], { description: 'What was live, the latest change first.' })
  async deploymentHistory(
    @Root() { id }: Model,
    @Arg('first', () => Int, {
      defaultValue: 20,
      description: `How many changes, 1–${MOST_DEPLOYMENTS}.`,
    })
    first: number,
    @Ctx() context: GraphQLContext,
  ): Promise<ModelDeployment[]> {
    if (first < 1 || first > MOST_DEPLOYMENTS) {
      throw new UserError(
        UserErrorCode.INVALID_INPUT,
        `\`first\` must be between 1 and ${MOST_DEPLOYMENTS}.`,
        ['first'],
      );
    }
    const rows = await context
      .loader<string, DeploymentRow[]>(`Model.deploymentHistory ${first}`, (ids) =>
        this.deployments.latestOf(context.request, ids, first),
      )
      .load(id);
    return rows.map((row) => ({ ...row, shares: readShares(row.shares) }));
  }

  @Mutation(() => PromoteModelVersionPayload, {
    description: 'Has one version answer everybody who asks the model. What was live is retired.',
  })
  async promoteModelVersion(
    @Arg('input', () => PromoteModelVersionInput, { description: 'The version.' })
    input: PromoteModelVersionInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<DeploymentPayload>> {
    return { model: await this.deployments.promote(request, input) };
  }

  @Mutation(() => SplitModelTrafficPayload, {
    description:
      'Has two versions answer, each a share of those who ask. Somebody who is named, by `visitor` or `user`, is always answered by the same one.',
  })
  async splitModelTraffic(
    @Arg('input', () => SplitModelTrafficInput, { description: 'The versions and their shares.' })
    input: SplitModelTrafficInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<DeploymentPayload>> {
    return { model: await this.deployments.split(request, input) };
  }

  @Mutation(() => RollBackModelPayload, {
    description:
      'Makes live again what was live before the last promotion, split or withdrawal. Done again, it goes back further.',
  })
  async rollBackModel(
    @Arg('input', () => RollBackModelInput, { description: 'The model.' }) input: RollBackModelInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<DeploymentPayload>> {
    return { model: await this.deployments.rollBack(request, input) };
  }

  @Mutation(() => WithdrawModelPayload, {
    description: 'Has no version answer any more, such as before its recommender is deleted.',
  })
  async withdrawModel(
    @Arg('input', () => WithdrawModelInput, { description: 'The model.' }) input: WithdrawModelInput,
    @Ctx() { request }: GraphQLContext,
  ): Promise<Partial<DeploymentPayload>> {
    return { model: await this.deployments.withdraw(request, input) };
  }
}
