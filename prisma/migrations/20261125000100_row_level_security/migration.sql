-- Who sees which row. Two roles, both NOSUPERUSER and NOBYPASSRLS, owners of nothing (prisma/migrate.ts makes them):
--   synthcart_app       requests of people and of API keys, and everything done for one known tenant
--   synthcart_dispatch  what looks over all tenants: the scheduler, the reaper of leases, the outbox, the sweep of objects
-- The settings are transaction-local (set_config(…, true)): a session-level one would leak to the next user of the
-- pooled connection.

-- `stable` and wrapped in a sub-select below, so that it is evaluated once a query and not once a row.
CREATE FUNCTION current_tenant() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.tenant', true), '') $$;
CREATE FUNCTION current_user_id() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.user', true), '') $$;
-- A secret that the caller has shown (an e-mail at sign-in, the hash of a token): opens just the row that it names.
CREATE FUNCTION shown_secret() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.shown_secret', true), '') $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO synthcart_app, synthcart_dispatch;

-- Enabled and forced everywhere, so that a table without a policy shows nothing, not everything.
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', name);
  END LOOP;
END $$;

-- Tables that a tenant owns outright.
DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY[
    'project_grants', 'projects', 'datasets', 'dataset_versions', 'experiments', 'runs', 'run_inputs', 'attempts',
    'run_events', 'metric_series', 'metric_chunks', 'artifacts', 'outbox_messages', 'discarded_objects'
  ]
  LOOP
    EXECUTE format(
      'CREATE POLICY tenant ON %I TO synthcart_app
         USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()))', name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO synthcart_app', name);
  END LOOP;
END $$;

-- The log of changes can be added to and read, by nobody changed.
CREATE POLICY tenant ON audit_events TO synthcart_app
  USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
GRANT SELECT, INSERT ON audit_events TO synthcart_app;

CREATE POLICY tenant ON invitations TO synthcart_app
  USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY shown ON invitations FOR SELECT TO synthcart_app USING (token_hash = (SELECT shown_secret()));
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO synthcart_app;

CREATE POLICY tenant ON api_keys TO synthcart_app
  USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY shown ON api_keys FOR SELECT TO synthcart_app USING (key_hash = (SELECT shown_secret()));
GRANT SELECT, INSERT, UPDATE, DELETE ON api_keys TO synthcart_app;

-- Before a tenant is chosen, a user sees where they belong; afterwards, that tenant alone.
CREATE POLICY tenant ON members TO synthcart_app
  USING (tenant_id = (SELECT current_tenant())) WITH CHECK (tenant_id = (SELECT current_tenant()));
CREATE POLICY own ON members FOR SELECT TO synthcart_app
  USING ((SELECT current_tenant()) IS NULL AND user_id = (SELECT current_user_id()));
GRANT SELECT, INSERT, UPDATE, DELETE ON members TO synthcart_app;

CREATE POLICY tenant ON tenants TO synthcart_app
  USING (id = (SELECT current_tenant())) WITH CHECK (id = (SELECT current_tenant()));
CREATE POLICY own ON tenants FOR SELECT TO synthcart_app
  USING ((SELECT current_tenant()) IS NULL
    AND EXISTS (SELECT 1 FROM members WHERE members.tenant_id = tenants.id AND members.user_id = (SELECT current_user_id())));
GRANT SELECT, INSERT, UPDATE ON tenants TO synthcart_app;

CREATE POLICY own ON users TO synthcart_app
  USING (id = (SELECT current_user_id())) WITH CHECK (id = (SELECT current_user_id()));
CREATE POLICY shown ON users FOR SELECT TO synthcart_app USING (email = (SELECT shown_secret()));
CREATE POLICY colleagues ON users FOR SELECT TO synthcart_app
  USING (EXISTS (SELECT 1 FROM members WHERE members.user_id = users.id AND members.tenant_id = (SELECT current_tenant())));
GRANT SELECT, INSERT, UPDATE ON users TO synthcart_app;

CREATE POLICY own ON sessions TO synthcart_app
  USING (user_id = (SELECT current_user_id())) WITH CHECK (user_id = (SELECT current_user_id()));
CREATE POLICY shown ON sessions FOR SELECT TO synthcart_app
  USING (token_hash = (SELECT shown_secret()) OR former_hash = (SELECT shown_secret()));
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO synthcart_app;

CREATE POLICY tenant ON idempotency_records TO synthcart_app
  USING (tenant_id = (SELECT current_tenant()) OR (tenant_id = '' AND actor_id = (SELECT current_user_id())))
  WITH CHECK (tenant_id = (SELECT current_tenant()) OR (tenant_id = '' AND actor_id = (SELECT current_user_id())));
GRANT SELECT, INSERT ON idempotency_records TO synthcart_app;

-- Workers belong to the installation; a tenant may see which there are, to understand why a run waits.
CREATE POLICY everyone ON workers FOR SELECT TO synthcart_app USING (true);
GRANT SELECT ON workers TO synthcart_app;

-- The dispatch sees every tenant's queue, and nothing of their data: no datasets, artifacts, metrics, people or keys.
CREATE POLICY dispatch ON runs TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON runs TO synthcart_dispatch;
CREATE POLICY dispatch ON attempts TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON attempts TO synthcart_dispatch;
CREATE POLICY dispatch ON run_events TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON run_events TO synthcart_dispatch;
CREATE POLICY dispatch ON outbox_messages TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox_messages TO synthcart_dispatch;
CREATE POLICY dispatch ON discarded_objects TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON discarded_objects TO synthcart_dispatch;
CREATE POLICY dispatch ON dataset_versions FOR SELECT TO synthcart_dispatch USING (state = 'AWAITING_UPLOAD');
GRANT SELECT (tenant_id, id, state, upload_expires_at, object_key) ON dataset_versions TO synthcart_dispatch;
CREATE POLICY dispatch ON idempotency_records TO synthcart_dispatch USING (true);
GRANT SELECT (created_at), DELETE ON idempotency_records TO synthcart_dispatch;
CREATE POLICY dispatch ON tenants FOR SELECT TO synthcart_dispatch USING (true);
GRANT SELECT (id, weight, max_running_runs) ON tenants TO synthcart_dispatch;
CREATE POLICY dispatch ON workers TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO synthcart_dispatch;
CREATE POLICY dispatch ON dead_letters TO synthcart_dispatch USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON dead_letters TO synthcart_dispatch;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO synthcart_app, synthcart_dispatch;

-- What the types can't say.
ALTER TABLE run_inputs ADD CONSTRAINT run_inputs_one_source CHECK (num_nonnulls(dataset_version_id, artifact_id) = 1);
ALTER TABLE runs ADD CONSTRAINT runs_progress_share CHECK (progress BETWEEN 0 AND 1);
ALTER TABLE runs ADD CONSTRAINT runs_priority_range CHECK (priority BETWEEN 0 AND 100);
ALTER TABLE tenants ADD CONSTRAINT tenants_weight_range CHECK (weight BETWEEN 1 AND 1000);
ALTER TABLE metric_chunks ADD CONSTRAINT metric_chunks_lengths CHECK (
  cardinality(steps) = count AND cardinality(values) = count AND cardinality(times) = count AND cardinality(sequences) = count);
