using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>
/// The schema <c>ot</c> as SQL; docs/storage.md explains the tables. Texts are compared by their bytes (collation C).
/// Times are Unix milliseconds, 0 if not set. A <c>key</c> is a row's number. Each queue assigns numbers from its own
/// range, after <c>queues.first_no</c>; <c>events.last_no</c> is the last one after a commit. A column <c>queue</c> has
/// the queue's number, <c>queues.no</c>. Columns of states, reasons and kinds have the numbers of the enumerations.
/// Conditions of indexes use these numbers:
/// </summary>
/// <remarks>
/// <code>
/// tasks.state         &lt; 2 waiting (0 scheduled, 1 queued); 2, 3 with a node; 4 succeeded; &gt; 4 failed or cancelled
/// results.place       0 in the row, 1 in the output store, 2 dropped
/// jobs, workflows     state 0 running, &gt; 0 final
/// occurrences         kind 0 at a scheduled time; outcome &lt; 2 pending or started, state NULL until what it started ends
/// webhook_deliveries  state 0 open, otherwise ended
/// </code>
/// </remarks>
internal static class SchemaText
{
    /// <summary>The schema version that this program reads and writes.</summary>
    internal const int Version = 1;

    /// <summary>
    /// Changes since the statements of <see cref="Text"/>, in order. The first program that knows a step takes it at its
    /// start, while silos of earlier versions run. They must not notice: a step adds a table, a function, or a column
    /// with a constant default or none. It must not scan or lock a large table, and is never changed once released.
    /// </summary>
    internal static readonly ImmutableArray<string> Steps =
    [
        // The program of each silo: its version, and its wire levels. Programs that do not state theirs have level 1.
        """
        ALTER TABLE ot.members ADD COLUMN IF NOT EXISTS version text COLLATE "C" NOT NULL DEFAULT '',
            ADD COLUMN IF NOT EXISTS wire integer NOT NULL DEFAULT 1,
            ADD COLUMN IF NOT EXISTS wire_from integer NOT NULL DEFAULT 1
        """,
        // Rollouts: one command on each of many nodes.
        """
        CREATE TABLE ot.rollouts (
            key bigint PRIMARY KEY,
            id uuid NOT NULL UNIQUE,
            queue integer NOT NULL,
            name text COLLATE "C" NOT NULL,
            count integer NOT NULL,
            started_at bigint NOT NULL,
            had_secrets boolean NOT NULL,
            state integer NOT NULL,
            wave integer NOT NULL,
            wave_ended_at bigint NOT NULL,
            ended_at bigint NOT NULL,
            cancel_requested_at bigint NOT NULL,
            tolerated integer NOT NULL,
            away integer NOT NULL,
            open integer NOT NULL,
            succeeded integer NOT NULL,
            failed integer NOT NULL) WITH (fillfactor = 50);
        CREATE INDEX rollouts_open ON ot.rollouts (queue) WHERE state < 2;
        CREATE INDEX rollouts_ended ON ot.rollouts (ended_at) WHERE state > 1;
        CREATE TABLE ot.rollout_specs (rollout bigint PRIMARY KEY, spec bytea NOT NULL);
        CREATE TABLE ot.rollout_secrets (rollout bigint PRIMARY KEY, env bytea NOT NULL);
        CREATE TABLE ot.rollout_nodes (
            rollout bigint NOT NULL,
            place integer NOT NULL,
            node text COLLATE "C" NOT NULL,
            state integer NOT NULL,
            tries integer NOT NULL,
            task uuid,
            PRIMARY KEY (rollout, place)) WITH (fillfactor = 70)
        """,
        // How far the upload that sent a chunk's items is stored with it.
        """
        ALTER TABLE ot.chunks ADD COLUMN upload uuid, ADD COLUMN uploaded bigint NOT NULL DEFAULT 0
        """,
        // Locks that only roles with rights on a table can take. Any role that may connect can take, and hold, advisory
        // locks. Silos of wire level 1 take those, so as long as one is a member (all states but 6, dead), so does the
        // function. Nobody may keep a lock longer than a transaction.
        """
        CREATE TABLE ot.locks (name text COLLATE "C" PRIMARY KEY);
        INSERT INTO ot.locks VALUES ('events'), ('nodes'), ('queues'), ('resources');
        CREATE FUNCTION ot.lock(what text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM 1 FROM ot.locks WHERE name = what FOR UPDATE;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'The table ot.locks has no row %.', what;
            END IF;
            IF EXISTS (SELECT 1 FROM ot.members WHERE status < 6 AND wire < 2) THEN
                PERFORM pg_advisory_xact_lock(CASE what WHEN 'events' THEN x'4f546c67'::bigint WHEN 'queues' THEN x'4f547175'::bigint
                    WHEN 'resources' THEN x'4f547265'::bigint END);
            END IF;
        END $$
        """,
        // Which events a webhook receives, and since when its receiver is gone.
        """
        ALTER TABLE ot.webhooks ADD COLUMN filter text COLLATE "C", ADD COLUMN gone_at bigint NOT NULL DEFAULT 0
        """,
        // Stored files, what names them, and what attempts left. A file's state: 0 arriving, 1 stored, 2 leaving. The bytes are in
        // blocks of 1 MiB, of uploads that are under way or that a file's content names.
        """
        CREATE TABLE ot.files (
            hash bytea PRIMARY KEY,
            bytes bigint NOT NULL,
            created_at bigint NOT NULL,
            seen_at bigint NOT NULL,
            state bigint NOT NULL,
            sweep bigint NOT NULL,
            claimed_at bigint NOT NULL) WITH (fillfactor = 70);
        CREATE INDEX files_seen ON ot.files (seen_at) WHERE state < 2;
        CREATE INDEX files_leaving ON ot.files (claimed_at) WHERE state = 2;
        CREATE INDEX files_age ON ot.files (created_at, hash) WHERE state = 1;
        CREATE INDEX files_size ON ot.files ((-bytes), hash) WHERE state = 1;
        CREATE TABLE ot.file_uses (
            kind bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            hash bytea NOT NULL,
            PRIMARY KEY (kind, id, hash));
        CREATE INDEX file_uses_hash ON ot.file_uses (hash, kind, id);
        CREATE TABLE ot.artifacts (
            task uuid NOT NULL,
            token uuid NOT NULL,
            name bytea NOT NULL,
            path text COLLATE "C" NOT NULL,
            hash bytea NOT NULL,
            bytes bigint NOT NULL,
            executable bigint NOT NULL,
            at bigint NOT NULL,
            PRIMARY KEY (task, token, name));
        CREATE INDEX artifacts_path ON ot.artifacts (task, token, substr(path, 1, 400));
        CREATE INDEX artifacts_hash ON ot.artifacts (hash, task);
        CREATE TABLE ot.file_uploads (id uuid PRIMARY KEY, touched_at bigint NOT NULL);
        CREATE TABLE ot.file_contents (hash bytea PRIMARY KEY, upload uuid NOT NULL UNIQUE, bytes bigint NOT NULL);
        CREATE TABLE ot.file_blocks (upload uuid NOT NULL, no bigint NOT NULL, bytes bytea NOT NULL, PRIMARY KEY (upload, no));
        ALTER TABLE ot.file_blocks ALTER bytes SET STORAGE EXTERNAL
        """,
        // How many artifacts an attempt left, and their bytes.
        """
        ALTER TABLE ot.results ADD COLUMN artifacts integer, ADD COLUMN artifact_bytes bigint
        """,
        // Calendars with their computed times, what uses them, and when queues start nothing.
        """
        CREATE TABLE ot.calendars (
            name text COLLATE "C" PRIMARY KEY,
            version bigint NOT NULL,
            changed_at bigint NOT NULL,
            spec bytea NOT NULL,
            edges bytea NOT NULL,
            known_until bigint NOT NULL);
        CREATE TABLE ot.calendar_uses (
            calendar text COLLATE "C" NOT NULL,
            kind bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            queue text COLLATE "C" NOT NULL,
            PRIMARY KEY (calendar, kind, id, queue));
        ALTER TABLE ot.queue_settings ADD COLUMN blackouts text COLLATE "C"
        """,
        // Definitions with all of their versions, and their newest runs. A definition that was deleted, or has no
        // version yet, has a deleted_at above 0.
        """
        CREATE TABLE ot.definitions (
            name text COLLATE "C" PRIMARY KEY,
            version bigint NOT NULL,
            runs bigint NOT NULL,
            deleted_at bigint NOT NULL);
        CREATE TABLE ot.definition_versions (
            name text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            kind bigint NOT NULL,
            body bytea NOT NULL,
            at bigint NOT NULL,
            key_id text COLLATE "C",
            key_name text COLLATE "C",
            says text COLLATE "C",
            reason text COLLATE "C",
            PRIMARY KEY (name, version));
        CREATE TABLE ot.definition_runs (
            id uuid PRIMARY KEY,
            kind bigint NOT NULL,
            name text COLLATE "C" NOT NULL,
            version bigint NOT NULL,
            at bigint NOT NULL,
            parameters bytea,
            no bigint NOT NULL,
            key_id text COLLATE "C",
            key_name text COLLATE "C",
            says text COLLATE "C",
            idempotency bytea,
            body_hash bytea,
            started bigint NOT NULL);
        CREATE UNIQUE INDEX definition_runs_no ON ot.definition_runs (name, no);
        CREATE UNIQUE INDEX definition_runs_idempotency ON ot.definition_runs (idempotency) WHERE length(idempotency) > 0
        """,
        // The definitions that a key may run.
        """
        ALTER TABLE ot.keys ADD COLUMN definitions text COLLATE "C"
        """,
        // The weakest isolation that a queue's commands may run with.
        "ALTER TABLE ot.queue_settings ADD COLUMN minimum_isolation integer NOT NULL DEFAULT 0",
        // Triggers, which start definitions.
        """
        CREATE TABLE ot.triggers (
            name text COLLATE "C" PRIMARY KEY,
            definition text COLLATE "C" NOT NULL,
            body bytea NOT NULL,
            created_at bigint NOT NULL,
            changed_at bigint NOT NULL,
            kind bigint NOT NULL,
            secret text COLLATE "C" NOT NULL);
        CREATE INDEX triggers_definition ON ot.triggers (definition, name)
        """,
        // Notifications, and up to which event each has sent messages.
        """
        CREATE TABLE ot.notifications (
            name text COLLATE "C" PRIMARY KEY,
            number bigint NOT NULL,
            body bytea NOT NULL,
            created_at bigint NOT NULL,
            changed_at bigint NOT NULL,
            log_seen bigint NOT NULL,
            resources_seen bigint NOT NULL,
            known bytea,
            sent_at bigint NOT NULL,
            failing_since bigint NOT NULL,
            failure text COLLATE "C")
        """,
        // Which artifacts have expired: 0 for kept, 1 for leaving, 2 for gone.
        """
        ALTER TABLE ot.results ADD COLUMN artifacts_left integer NOT NULL DEFAULT 0;
        CREATE INDEX results_artifacts ON ot.results (task, attempt) WHERE artifacts > 0 AND artifacts_left < 2
        """,
        // What the latest attempt of a task reported of its progress.
        """
        CREATE TABLE ot.task_progress (
            task bigint PRIMARY KEY,
            token uuid NOT NULL,
            hundredths integer NOT NULL,
            message text COLLATE "C" NOT NULL,
            at bigint NOT NULL) WITH (fillfactor = 50);
        CREATE INDEX task_progress_at ON ot.task_progress (at)
        """,
        // The folders that schedules watch, and the files that occurrences are for.
        """
        CREATE TABLE ot.schedule_folders (
            schedule bigint PRIMARY KEY,
            since bigint NOT NULL,
            problem text COLLATE "C",
            seen bytea NOT NULL) WITH (fillfactor = 50);
        ALTER TABLE ot.occurrences ADD COLUMN file text COLLATE "C"
        """,
    ];

    /// <summary>
    /// The statements that create everything. ot.require raises SQLSTATE OT001 (<see cref="Access.Failures.Refusal"/>).
    /// ot.queue_of is the inverse of the ranges: dividing a key by their size yields the queue's number.
    /// </summary>
    internal static readonly string Text = $"""
        CREATE SCHEMA ot;
        CREATE TABLE ot.schema_version (version integer NOT NULL);
        INSERT INTO ot.schema_version VALUES ({Version});
        CREATE TABLE ot.installation (generation bigint NOT NULL, cluster uuid NOT NULL DEFAULT gen_random_uuid());
        INSERT INTO ot.installation VALUES (1);

        CREATE FUNCTION ot.require(condition boolean, refusal text) RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT condition THEN
                RAISE EXCEPTION USING ERRCODE = 'OT001', MESSAGE = refusal;
            END IF;
        END $$;

        -- The number of the queue in whose range a row's key is.
        CREATE FUNCTION ot.queue_of(key bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
            AS 'SELECT (key / {QueueOwnership.RowNumbers})::integer';

        {Queues}
        {Tasks}
        {Submissions}
        {JobTables}
        {Schedules}
        {Workflows}
        {Around}
        {Members}
        """;

    // A commit updates no row that another commit updates too. While a session holds a snapshot, no version of a row
    // can be removed, and each reader of the row would pass all of them. So a queue's counts are in its newest record
    // of ot.events.
    private const string Queues = """
        CREATE TABLE ot.queues (
            no integer PRIMARY KEY,
            name text COLLATE "C" NOT NULL UNIQUE,
            epoch bigint NOT NULL,
            first_no bigint NOT NULL,
            retired boolean NOT NULL);

        CREATE TABLE ot.queue_settings (
            name text COLLATE "C" PRIMARY KEY,
            placement integer NOT NULL,
            version bigint NOT NULL,
            paused boolean NOT NULL,
            max_running integer,
            max_depth integer,
            rate text COLLATE "C",
            burst integer,
            weight integer NOT NULL,
            pause_at bigint,
            pause_key text COLLATE "C",
            pause_key_name text COLLATE "C",
            pause_says text COLLATE "C",
            pause_reason text COLLATE "C");

        CREATE TABLE ot.idempotency (
            key bytea PRIMARY KEY,
            body bytea NOT NULL,
            answer bytea NOT NULL,
            at bigint NOT NULL);
        CREATE INDEX idempotency_at ON ot.idempotency (at);

        CREATE TABLE ot.event_trim (no bigint NOT NULL);
        INSERT INTO ot.event_trim VALUES (0);
        CREATE TABLE ot.events (
            no bigint PRIMARY KEY,
            queue integer NOT NULL,
            seq bigint NOT NULL,
            at bigint NOT NULL,
            transitions bigint NOT NULL,
            last_no bigint NOT NULL,
            starts_from bigint NOT NULL,
            entries bytea NOT NULL);
        CREATE UNIQUE INDEX events_queue ON ot.events (queue, seq);
        """;

    // tasks.ord orders the waiting tasks of one priority. tasks.failures has eight bits for each cause.
    private const string Tasks = """
        CREATE TABLE ot.tasks (
            key bigint PRIMARY KEY,
            id uuid NOT NULL,
            queue integer NOT NULL,
            state integer NOT NULL,
            priority integer NOT NULL,
            ord bigint NOT NULL,
            attempt integer NOT NULL,
            failures bigint NOT NULL,
            node_losses integer NOT NULL,
            reason integer NOT NULL,
            exit_code integer,
            queued_at bigint NOT NULL,
            started_at bigint NOT NULL,
            ended_at bigint NOT NULL,
            due_at bigint NOT NULL,
            cancel_requested_at bigint NOT NULL,
            token uuid,
            node text COLLATE "C",
            node_session bigint NOT NULL,
            signal text COLLATE "C",
            expires_at bigint NOT NULL,
            limits integer NOT NULL,
            had_secrets boolean NOT NULL,
            retry text COLLATE "C",
            requires text COLLATE "C",
            name text COLLATE "C" NOT NULL,
            extra text COLLATE "C",
            version bigint NOT NULL) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
        CREATE UNIQUE INDEX tasks_id ON ot.tasks (id);
        CREATE INDEX tasks_waiting ON ot.tasks (queue, priority DESC, ord) INCLUDE (state, queued_at) WHERE state < 2;
        CREATE INDEX tasks_leased ON ot.tasks (queue) WHERE state IN (2, 3);
        CREATE INDEX tasks_unlucky ON ot.tasks (state, id) WHERE state > 4;
        CREATE INDEX tasks_succeeded ON ot.tasks (ended_at) WHERE state = 4;
        CREATE INDEX tasks_unsuccessful ON ot.tasks (ended_at) WHERE state > 4;

        CREATE TABLE ot.specs (task bigint PRIMARY KEY, batch uuid, labels text COLLATE "C", spec bytea NOT NULL);
        CREATE INDEX specs_batch ON ot.specs (batch) WHERE batch IS NOT NULL;
        CREATE TABLE ot.secrets (task bigint PRIMARY KEY, env bytea NOT NULL);
        CREATE TABLE ot.results (
            task bigint NOT NULL,
            attempt integer NOT NULL,
            cpu_time bigint NOT NULL,
            max_rss bigint NOT NULL,
            stdout_bytes bigint NOT NULL,
            stderr_bytes bigint NOT NULL,
            truncated boolean NOT NULL,
            place integer NOT NULL,
            tail bytea,
            stdout bytea,
            stderr bytea,
            marks bytea,
            PRIMARY KEY (task, attempt));
        CREATE INDEX results_filed ON ot.results (task) INCLUDE (stdout_bytes, stderr_bytes) WHERE place = 1;
        CREATE TABLE ot.task_results (task bigint PRIMARY KEY, attempt integer NOT NULL, value bytea NOT NULL);
        CREATE TABLE ot.attempts (
            task bigint NOT NULL,
            attempt integer NOT NULL,
            token uuid,
            node text COLLATE "C",
            state integer NOT NULL,
            reason integer NOT NULL,
            exit_code integer,
            signal text COLLATE "C",
            started_at bigint NOT NULL,
            ended_at bigint NOT NULL,
            PRIMARY KEY (task, attempt));
        CREATE TABLE ot.labels (
            name text COLLATE "C" NOT NULL,
            value text COLLATE "C" NOT NULL,
            id uuid NOT NULL,
            task bigint NOT NULL,
            PRIMARY KEY (name, value, id));
        CREATE INDEX labels_task ON ot.labels (task);
        CREATE TABLE ot.failures (
            task bigint PRIMARY KEY,
            id uuid NOT NULL,
            queue integer NOT NULL,
            fingerprint bigint NOT NULL,
            at bigint NOT NULL);
        CREATE INDEX failures_fingerprint ON ot.failures (fingerprint, id) INCLUDE (at, queue);
        CREATE TABLE ot.undo (
            operation uuid NOT NULL,
            queue integer NOT NULL,
            task bigint NOT NULL,
            at bigint NOT NULL,
            ord bigint NOT NULL,
            had_dependents boolean NOT NULL,
            fingerprint bigint,
            outcome integer NOT NULL,
            before bytea NOT NULL,
            PRIMARY KEY (operation, queue, task));
        CREATE INDEX undo_at ON ot.undo (at);
        """;

    // Ids are UUIDs of version 7, as in TaskIdSource: milliseconds, the version, their fraction in 4096ths, random bits. So
    // the submissions of a transaction sort in the order of its calls. The function runs with the rights of the schema's
    // owner, so that its callers need no right to any table. submissions.error is NULL while the submission waits.
    private static string Submissions => $$"""
        CREATE TABLE ot.submissions (
            id uuid PRIMARY KEY,
            queue text COLLATE "C" NOT NULL,
            role text COLLATE "C" NOT NULL,
            task text COLLATE "C" NOT NULL,
            error text COLLATE "C",
            refused_at bigint) WITH (autovacuum_vacuum_scale_factor = 0.02);
        CREATE INDEX submissions_waiting ON ot.submissions (queue, id) WHERE error IS NULL;
        CREATE INDEX submissions_refused ON ot.submissions (refused_at) WHERE error IS NOT NULL;

        CREATE FUNCTION ot.submit(task json) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DECLARE
            for_queue text := coalesce(task ->> 'queue', 'default');
            micros bigint := floor(extract(epoch FROM clock_timestamp()) * 1000000);
            new_id uuid := (lpad(to_hex(micros / 1000), 12, '0') || '7' || lpad(to_hex(micros % 1000 * 4096 / 1000), 3, '0')
                || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid;
        BEGIN
            IF json_typeof(task) IS DISTINCT FROM 'object' THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'A task must be a JSON object.';
            END IF;
            IF octet_length(task::text) > {{ServiceLimits.BodyBytes}} THEN
                RAISE EXCEPTION USING ERRCODE = 'program_limit_exceeded', MESSAGE = 'A task must have at most 1 MiB.';
            END IF;
            IF for_queue !~ '^{{SpecRules.QueueName}}$' THEN
                RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                    MESSAGE = 'The name of a queue must match {{SpecRules.QueueName}}.';
            END IF;
            INSERT INTO ot.submissions (id, queue, role, task) VALUES (new_id, for_queue, session_user, task::text);
            IF current_setting('otask.notify', true) IS DISTINCT FROM 'off' THEN
                PERFORM pg_notify('ot_submissions', for_queue);
            END IF;
            RETURN new_id;
        END $$;
        REVOKE ALL ON FUNCTION ot.submit(json) FROM PUBLIC;
        """;

    private const string JobTables = """
        CREATE TABLE ot.jobs (
            key bigint PRIMARY KEY,
            id uuid NOT NULL,
            queue integer NOT NULL,
            name text COLLATE "C" NOT NULL,
            state integer NOT NULL,
            started_at bigint NOT NULL,
            ended_at bigint NOT NULL,
            cancel_requested_at bigint NOT NULL,
            closed boolean NOT NULL,
            reason text COLLATE "C",
            labels text COLLATE "C",
            head bytea,
            spec bytea,
            progress bytea);
        CREATE UNIQUE INDEX jobs_id ON ot.jobs (id);
        CREATE INDEX jobs_open ON ot.jobs (id) WHERE state = 0;
        CREATE INDEX jobs_ended ON ot.jobs (ended_at) WHERE state > 0;
        CREATE TABLE ot.progress_parts (
            job bigint NOT NULL,
            version bigint NOT NULL,
            part integer NOT NULL,
            bytes bytea NOT NULL,
            PRIMARY KEY (job, version, part));
        ALTER TABLE ot.progress_parts ALTER bytes SET STORAGE EXTERNAL;
        CREATE TABLE ot.chunks (
            job bigint NOT NULL,
            no bigint NOT NULL,
            state integer NOT NULL,
            first bigint NOT NULL,
            items bigint NOT NULL,
            attempt integer NOT NULL,
            reason integer NOT NULL,
            micros bigint NOT NULL,
            at bigint NOT NULL,
            node text COLLATE "C",
            segment bytea,
            report bytea,
            PRIMARY KEY (job, no)) WITH (autovacuum_vacuum_scale_factor = 0.02);
        CREATE TABLE ot.collected (job bigint NOT NULL, no bigint NOT NULL, lines bytea NOT NULL, PRIMARY KEY (job, no));
        """;

    private const string Schedules = """
        CREATE TABLE ot.schedules (
            key bigint PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            queue integer NOT NULL,
            version bigint NOT NULL,
            paused boolean NOT NULL,
            created_at bigint NOT NULL,
            next_at bigint NOT NULL,
            last_at bigint NOT NULL,
            last_run bigint NOT NULL,
            parallel integer NOT NULL) WITH (fillfactor = 70);
        CREATE INDEX schedules_queue ON ot.schedules (queue, key);
        CREATE TABLE ot.schedule_specs (schedule bigint PRIMARY KEY, spec bytea NOT NULL, secret_env bytea);
        CREATE TABLE ot.occurrences (
            key bigint PRIMARY KEY,
            queue integer NOT NULL,
            schedule bigint NOT NULL,
            at bigint NOT NULL,
            kind integer NOT NULL,
            outcome integer NOT NULL,
            until bigint NOT NULL,
            count bigint NOT NULL,
            reason integer NOT NULL,
            started_at bigint NOT NULL,
            task uuid,
            state integer,
            workflow uuid,
            job uuid);
        CREATE INDEX occurrences_schedule ON ot.occurrences (schedule, at, key);
        CREATE INDEX occurrences_number ON ot.occurrences (schedule, key);
        CREATE UNIQUE INDEX occurrences_once ON ot.occurrences (schedule, at) WHERE kind = 0;
        CREATE INDEX occurrences_open ON ot.occurrences (queue, key) WHERE outcome < 2 AND state IS NULL;
        """;

    // The task of node i has the key workflows.key + 1 + i. Rows of items, lists and jobs have the key of their node's
    // own task. workflow_items.first is the key of the first item's task; those of the other items follow it.
    private const string Workflows = """
        CREATE TABLE ot.workflows (
            key bigint PRIMARY KEY,
            id uuid NOT NULL UNIQUE,
            queue integer NOT NULL,
            count integer NOT NULL,
            name text COLLATE "C" NOT NULL,
            labels text COLLATE "C",
            state integer NOT NULL,
            run integer NOT NULL,
            ended_at bigint NOT NULL,
            cancel_requested_at bigint NOT NULL,
            cancels_all boolean NOT NULL);
        CREATE INDEX workflows_open ON ot.workflows (queue, key) WHERE state = 0;
        CREATE INDEX workflows_ended ON ot.workflows (ended_at) WHERE state > 0;
        CREATE TABLE ot.workflow_specs (workflow bigint PRIMARY KEY, outline bytea NOT NULL);
        CREATE TABLE ot.workflow_items (
            key bigint PRIMARY KEY,
            first bigint UNIQUE,
            count integer NOT NULL,
            made integer NOT NULL,
            next integer NOT NULL,
            stopped_at bigint NOT NULL,
            fault text COLLATE "C");
        CREATE TABLE ot.workflow_lists (key bigint PRIMARY KEY, list bytea NOT NULL);
        CREATE TABLE ot.workflow_jobs (
            key bigint PRIMARY KEY,
            job uuid,
            stopped_at bigint NOT NULL,
            aggregate_bytes bigint NOT NULL);
        CREATE INDEX workflow_jobs_job ON ot.workflow_jobs (job) WHERE job IS NOT NULL;
        """;

    // A bulk request has one audit row for each queue, so that silos never wait for each other; 0 means no queue.
    // Values of nodes.gone: 0 no, 1 said goodbye, 2 forgotten. Output is stored without compression (EXTERNAL), which
    // allows reading parts.
    private const string Around = """
        CREATE TABLE ot.audit (
            no bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            id uuid NOT NULL,
            queue integer NOT NULL,
            at bigint NOT NULL,
            count bigint NOT NULL,
            action text COLLATE "C" NOT NULL,
            target text COLLATE "C",
            key_id text COLLATE "C",
            key_name text COLLATE "C",
            says text COLLATE "C",
            reason text COLLATE "C",
            address text COLLATE "C",
            was text COLLATE "C",
            became text COLLATE "C",
            UNIQUE (id, queue));
        CREATE INDEX audit_target ON ot.audit (target, id);
        CREATE INDEX audit_action ON ot.audit (action, no);
        CREATE TABLE ot.nodes (
            id text COLLATE "C" PRIMARY KEY,
            session bigint NOT NULL,
            instance text COLLATE "C" NOT NULL,
            slots integer NOT NULL,
            labels text COLLATE "C",
            enforces integer NOT NULL,
            version text COLLATE "C" NOT NULL,
            address text COLLATE "C" NOT NULL,
            draining boolean NOT NULL,
            gone integer NOT NULL,
            seen_at bigint NOT NULL);
        CREATE TABLE ot.node_events (
            seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            at bigint NOT NULL,
            node text COLLATE "C" NOT NULL,
            state integer NOT NULL);
        CREATE INDEX node_events_node ON ot.node_events (node, seq);
        CREATE TABLE ot.resource_events (
            seq bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            at bigint NOT NULL,
            kind integer NOT NULL,
            id text COLLATE "C" NOT NULL,
            state integer NOT NULL);
        CREATE TABLE ot.keys (
            no bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            name text COLLATE "C" NOT NULL,
            hash bytea NOT NULL,
            scopes integer NOT NULL,
            created_at bigint NOT NULL,
            revoked_at bigint NOT NULL,
            expires_at bigint,
            last_used_at bigint,
            last_address text COLLATE "C");
        CREATE TABLE ot.authority (
            no integer PRIMARY KEY, certificate bytea NOT NULL, key bytea NOT NULL, created_at bigint NOT NULL);
        CREATE TABLE ot.join_tokens (
            hash bytea PRIMARY KEY,
            expires_at bigint NOT NULL,
            pattern text COLLATE "C" NOT NULL,
            labels text COLLATE "C",
            key bytea,
            node text COLLATE "C",
            instance text COLLATE "C");
        CREATE INDEX join_tokens_node ON ot.join_tokens (node);
        CREATE TABLE ot.fixed_labels (name text COLLATE "C" PRIMARY KEY);
        CREATE TABLE ot.certificates (
            thumbprint bytea PRIMARY KEY,
            node text COLLATE "C" NOT NULL,
            instance text COLLATE "C" NOT NULL,
            expires_at bigint NOT NULL,
            labels text COLLATE "C");
        CREATE INDEX certificates_node ON ot.certificates (node);
        CREATE TABLE ot.webhooks (
            id text COLLATE "C" PRIMARY KEY,
            url text COLLATE "C" NOT NULL,
            types integer NOT NULL,
            paused boolean NOT NULL,
            created_at bigint NOT NULL,
            secret bytea NOT NULL,
            old_secret bytea,
            old_until bigint NOT NULL,
            last_n bigint NOT NULL,
            failing_since bigint NOT NULL,
            log_seen bigint NOT NULL,
            nodes_seen bigint NOT NULL,
            resources_seen bigint NOT NULL,
            seen_in_log integer NOT NULL);
        CREATE TABLE ot.webhook_deliveries (
            webhook text COLLATE "C" NOT NULL,
            n bigint NOT NULL,
            message text COLLATE "C" NOT NULL,
            event bytea NOT NULL,
            at bigint NOT NULL,
            state integer NOT NULL,
            tries integer NOT NULL,
            status integer,
            took bigint NOT NULL,
            next_try_at bigint NOT NULL,
            answer text COLLATE "C",
            steps integer NOT NULL,
            PRIMARY KEY (webhook, n));
        CREATE UNIQUE INDEX webhook_deliveries_message ON ot.webhook_deliveries (webhook, message);
        CREATE INDEX webhook_deliveries_open ON ot.webhook_deliveries (webhook, n) WHERE state = 0;
        CREATE INDEX webhook_deliveries_ended ON ot.webhook_deliveries (at) WHERE state <> 0;
        CREATE TABLE ot.deleted_webhooks (id text COLLATE "C" PRIMARY KEY, at bigint NOT NULL);
        CREATE TABLE ot.webhook_owner (epoch bigint NOT NULL);
        INSERT INTO ot.webhook_owner VALUES (0);

        CREATE TABLE ot.output_streams (
            part integer NOT NULL,
            task uuid NOT NULL,
            attempt integer NOT NULL,
            token uuid NOT NULL,
            stream integer NOT NULL,
            length bigint NOT NULL,
            synced bigint NOT NULL,
            PRIMARY KEY (task, attempt, token, stream)) WITH (fillfactor = 50);
        CREATE INDEX output_streams_part ON ot.output_streams (part);
        CREATE TABLE ot.output_chunks (
            task uuid NOT NULL,
            attempt integer NOT NULL,
            token uuid NOT NULL,
            stream integer NOT NULL,
            at bigint NOT NULL,
            bytes bytea NOT NULL,
            PRIMARY KEY (task, attempt, token, stream, at));
        ALTER TABLE ot.output_chunks ALTER bytes SET STORAGE EXTERNAL;
        """;

    // The cluster's members; dead silos stay for some days. Times are ticks of UTC, as in Orleans; alive_db is the
    // moment of alive by the server's clock. Each change, except of these two times, raises the row's etag, and the
    // table's etag and version. A backup omits these tables, because a restored store is another cluster.
    private const string Members = """
        CREATE TABLE ot.members (
            cluster text COLLATE "C" NOT NULL,
            address text COLLATE "C" NOT NULL,
            port integer NOT NULL,
            generation integer NOT NULL,
            status integer NOT NULL,
            gateway_port integer NOT NULL,
            host text NOT NULL,
            name text NOT NULL,
            started bigint NOT NULL,
            alive bigint NOT NULL,
            alive_db timestamptz NOT NULL DEFAULT clock_timestamp(),
            suspects text[] NOT NULL,
            suspect_at bigint[] NOT NULL,
            etag bigint NOT NULL,
            PRIMARY KEY (cluster, address, port, generation));
        CREATE TABLE ot.members_version (
            cluster text COLLATE "C" PRIMARY KEY, version integer NOT NULL, etag bigint NOT NULL);
        """;
}
