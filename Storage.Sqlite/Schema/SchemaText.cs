namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// The tables as SQL; docs/storage.md explains them. Times are Unix milliseconds, 0 if not set. A <c>key</c> is a row's
/// number. Each queue assigns numbers from its own range, after <c>queues.first_no</c> and up to <c>queues.last_no</c>.
/// A column <c>queue</c> has the queue's number, <c>queues.no</c>. Columns of states, reasons and kinds have the
/// numbers of the enumerations. Conditions of indexes use these numbers:
/// </summary>
/// <remarks>
/// <code>
/// tasks.state         &lt; 2 waiting (0 scheduled, 1 queued); 2, 3 with a node; 4 succeeded; &gt; 4 failed or cancelled
/// results.place       0 in the row, 1 in the output store, 2 dropped
/// jobs, workflows     state 0 running, &gt; 0 final
/// rollouts            state &lt; 2 running or halted, otherwise final
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
    /// start. Earlier versions must be able to go on with the file: a step adds a table, or a column with a constant
    /// default or none. It is never changed once released.
    /// </summary>
    internal static readonly ImmutableArray<string> Steps =
    [
        // Rollouts: one command on each of many nodes.
        """
        CREATE TABLE rollouts (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            queue INTEGER NOT NULL,
            name TEXT NOT NULL,
            count INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            had_secrets INTEGER NOT NULL,
            state INTEGER NOT NULL,
            wave INTEGER NOT NULL,
            wave_ended_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            cancel_requested_at INTEGER NOT NULL,
            tolerated INTEGER NOT NULL,
            away INTEGER NOT NULL,
            open INTEGER NOT NULL,
            succeeded INTEGER NOT NULL,
            failed INTEGER NOT NULL);
        CREATE INDEX rollouts_open ON rollouts (queue) WHERE state < 2;
        CREATE INDEX rollouts_ended ON rollouts (ended_at) WHERE state > 1;
        CREATE TABLE rollout_specs (rollout INTEGER PRIMARY KEY, spec BLOB NOT NULL);
        CREATE TABLE rollout_secrets (rollout INTEGER PRIMARY KEY, env BLOB NOT NULL);
        CREATE TABLE rollout_nodes (
            rollout INTEGER NOT NULL,
            place INTEGER NOT NULL,
            node TEXT NOT NULL,
            state INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            task BLOB,
            PRIMARY KEY (rollout, place)) WITHOUT ROWID
        """,
        // How far the upload that sent a chunk's items is stored with it.
        """
        ALTER TABLE chunks ADD COLUMN upload BLOB;
        ALTER TABLE chunks ADD COLUMN uploaded INTEGER NOT NULL DEFAULT 0
        """,
        // Which events a webhook receives, and since when its receiver is gone.
        """
        ALTER TABLE webhooks ADD COLUMN filter TEXT;
        ALTER TABLE webhooks ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0
        """,
        // Stored files, what names them, and what attempts left. A file's state: 0 arriving, 1 stored, 2 leaving.
        """
        CREATE TABLE files (
            hash BLOB PRIMARY KEY,
            bytes INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            sweep INTEGER NOT NULL,
            claimed_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX files_seen ON files (seen_at) WHERE state < 2;
        CREATE INDEX files_leaving ON files (claimed_at) WHERE state = 2;
        CREATE INDEX files_age ON files (created_at, hash) WHERE state = 1;
        CREATE INDEX files_size ON files (-bytes, hash) WHERE state = 1;
        CREATE TABLE file_uses (
            kind INTEGER NOT NULL,
            id TEXT NOT NULL,
            hash BLOB NOT NULL,
            PRIMARY KEY (kind, id, hash)) WITHOUT ROWID;
        CREATE INDEX file_uses_hash ON file_uses (hash, kind, id);
        CREATE TABLE artifacts (
            task BLOB NOT NULL,
            token BLOB NOT NULL,
            name BLOB NOT NULL,
            path TEXT NOT NULL,
            hash BLOB NOT NULL,
            bytes INTEGER NOT NULL,
            executable INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (task, token, name)) WITHOUT ROWID;
        CREATE INDEX artifacts_path ON artifacts (task, token, substr(path, 1, 400), path);
        CREATE INDEX artifacts_hash ON artifacts (hash, task)
        """,
        // How many artifacts an attempt left, and their bytes.
        """
        ALTER TABLE results ADD COLUMN artifacts INTEGER;
        ALTER TABLE results ADD COLUMN artifact_bytes INTEGER
        """,
        // Calendars with their computed times, what uses them, and when queues start nothing.
        """
        CREATE TABLE calendars (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            spec BLOB NOT NULL,
            edges BLOB NOT NULL,
            known_until INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE calendar_uses (
            calendar TEXT NOT NULL,
            kind INTEGER NOT NULL,
            id TEXT NOT NULL,
            queue TEXT NOT NULL,
            PRIMARY KEY (calendar, kind, id, queue)) WITHOUT ROWID;
        ALTER TABLE queue_settings ADD COLUMN blackouts TEXT
        """,
        // Definitions with all of their versions, and their newest runs. A definition that was deleted, or has no
        // version yet, has a deleted_at above 0.
        """
        CREATE TABLE definitions (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            runs INTEGER NOT NULL,
            deleted_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE definition_versions (
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            body BLOB NOT NULL,
            at INTEGER NOT NULL,
            key_id TEXT,
            key_name TEXT,
            says TEXT,
            reason TEXT,
            PRIMARY KEY (name, version));
        CREATE TABLE definition_runs (
            id BLOB PRIMARY KEY,
            kind INTEGER NOT NULL,
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            at INTEGER NOT NULL,
            parameters BLOB,
            no INTEGER NOT NULL,
            key_id TEXT,
            key_name TEXT,
            says TEXT,
            idempotency BLOB,
            body_hash BLOB,
            started INTEGER NOT NULL);
        CREATE UNIQUE INDEX definition_runs_no ON definition_runs (name, no);
        CREATE UNIQUE INDEX definition_runs_idempotency ON definition_runs (idempotency) WHERE length(idempotency) > 0
        """,
        // The definitions that a key may run.
        """
        ALTER TABLE keys ADD COLUMN definitions TEXT
        """,
        // The weakest isolation that a queue's commands may run with.
        "ALTER TABLE queue_settings ADD COLUMN minimum_isolation INTEGER NOT NULL DEFAULT 0",
        // Triggers, which start definitions.
        """
        CREATE TABLE triggers (
            name TEXT PRIMARY KEY,
            definition TEXT NOT NULL,
            body BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            secret TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX triggers_definition ON triggers (definition, name)
        """,
        // Notifications, and up to which event each has sent messages.
        """
        CREATE TABLE notifications (
            name TEXT PRIMARY KEY,
            number INTEGER NOT NULL,
            body BLOB NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            log_seen INTEGER NOT NULL,
            resources_seen INTEGER NOT NULL,
            known BLOB,
            sent_at INTEGER NOT NULL,
            failing_since INTEGER NOT NULL,
            failure TEXT) WITHOUT ROWID
        """,
        // Which artifacts have expired: 0 for kept, 1 for leaving, 2 for gone.
        """
        ALTER TABLE results ADD COLUMN artifacts_left INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX results_artifacts ON results (task, attempt) WHERE artifacts > 0 AND artifacts_left < 2
        """,
        // What the latest attempt of a task reported of its progress.
        """
        CREATE TABLE task_progress (
            task INTEGER PRIMARY KEY,
            token BLOB NOT NULL,
            hundredths INTEGER NOT NULL,
            message TEXT NOT NULL,
            at INTEGER NOT NULL);
        CREATE INDEX task_progress_at ON task_progress (at)
        """,
        // The folders that schedules watch, and the files that occurrences are for.
        """
        CREATE TABLE schedule_folders (
            schedule INTEGER PRIMARY KEY,
            since INTEGER NOT NULL,
            problem TEXT,
            seen BLOB NOT NULL);
        ALTER TABLE occurrences ADD COLUMN file TEXT
        """,
    ];

    /// <summary>The number in SQLite's header that marks a file as ours: the letters OTsk.</summary>
    internal const int ApplicationId = 0x4f54736b;

    /// <summary>The statements that create all tables and indexes.</summary>
    internal const string Text = """
        CREATE TABLE schema_version (version INTEGER NOT NULL);
        INSERT INTO schema_version VALUES (1);

        CREATE TABLE queues (
            no INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            first_no INTEGER NOT NULL,
            last_no INTEGER NOT NULL,
            transitions INTEGER NOT NULL,
            starts_from INTEGER NOT NULL,
            retired INTEGER NOT NULL);

        CREATE TABLE queue_settings (
            name TEXT PRIMARY KEY,
            placement INTEGER NOT NULL,
            version INTEGER NOT NULL,
            paused INTEGER NOT NULL,
            max_running INTEGER,
            max_depth INTEGER,
            rate TEXT,
            burst INTEGER,
            weight INTEGER NOT NULL,
            pause_at INTEGER,
            pause_key TEXT,
            pause_key_name TEXT,
            pause_says TEXT,
            pause_reason TEXT) WITHOUT ROWID;

        CREATE TABLE tasks (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            queue INTEGER NOT NULL,
            state INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            ord INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            node_losses INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            exit_code INTEGER,
            queued_at INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            cancel_requested_at INTEGER NOT NULL,
            token BLOB,
            node TEXT,
            node_session INTEGER NOT NULL,
            signal TEXT,
            expires_at INTEGER NOT NULL,
            limits INTEGER NOT NULL,
            had_secrets INTEGER NOT NULL,
            retry TEXT,
            requires TEXT,
            name TEXT NOT NULL,
            extra TEXT,
            version INTEGER NOT NULL);
        CREATE UNIQUE INDEX tasks_id ON tasks (id);
        CREATE INDEX tasks_waiting ON tasks (queue, priority DESC, ord, state, queued_at) WHERE state < 2;
        CREATE INDEX tasks_leased ON tasks (queue) WHERE state IN (2, 3);
        CREATE INDEX tasks_unlucky ON tasks (state, id) WHERE state > 4;
        CREATE INDEX tasks_succeeded ON tasks (ended_at) WHERE state = 4;
        CREATE INDEX tasks_unsuccessful ON tasks (ended_at) WHERE state > 4;

        CREATE TABLE specs (
            task INTEGER PRIMARY KEY,
            batch BLOB,
            labels TEXT,
            spec BLOB NOT NULL);
        CREATE INDEX specs_batch ON specs (batch) WHERE batch IS NOT NULL;

        CREATE TABLE secrets (task INTEGER PRIMARY KEY, env BLOB NOT NULL);

        CREATE TABLE results (
            task INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            cpu_time INTEGER NOT NULL,
            max_rss INTEGER NOT NULL,
            stdout_bytes INTEGER NOT NULL,
            stderr_bytes INTEGER NOT NULL,
            truncated INTEGER NOT NULL,
            place INTEGER NOT NULL,
            tail BLOB,
            stdout BLOB,
            stderr BLOB,
            marks BLOB,
            PRIMARY KEY (task, attempt)) WITHOUT ROWID;
        CREATE INDEX results_filed ON results (task, stdout_bytes, stderr_bytes) WHERE place = 1;

        CREATE TABLE task_results (
            task INTEGER PRIMARY KEY,
            attempt INTEGER NOT NULL,
            value BLOB NOT NULL);

        CREATE TABLE attempts (
            task INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            token BLOB,
            node TEXT,
            state INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            exit_code INTEGER,
            signal TEXT,
            started_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            PRIMARY KEY (task, attempt)) WITHOUT ROWID;

        CREATE TABLE labels (
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            id BLOB NOT NULL,
            task INTEGER NOT NULL,
            PRIMARY KEY (name, value, id)) WITHOUT ROWID;

        CREATE TABLE failures (
            task INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            queue INTEGER NOT NULL,
            fingerprint INTEGER NOT NULL,
            at INTEGER NOT NULL);
        CREATE INDEX failures_fingerprint ON failures (fingerprint, id, at, queue);

        CREATE TABLE undo (
            operation BLOB NOT NULL,
            queue INTEGER NOT NULL,
            task INTEGER NOT NULL,
            at INTEGER NOT NULL,
            ord INTEGER NOT NULL,
            had_dependents INTEGER NOT NULL,
            fingerprint INTEGER,
            outcome INTEGER NOT NULL,
            before BLOB NOT NULL,
            PRIMARY KEY (operation, queue, task)) WITHOUT ROWID;
        CREATE INDEX undo_at ON undo (at);

        CREATE TABLE idempotency (
            no INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            body BLOB NOT NULL,
            answer BLOB NOT NULL,
            at INTEGER NOT NULL);

        CREATE TABLE events (
            no INTEGER PRIMARY KEY,
            queue INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            at INTEGER NOT NULL,
            transitions INTEGER NOT NULL,
            entries BLOB NOT NULL);
        CREATE UNIQUE INDEX events_queue ON events (queue, seq);
        CREATE TABLE event_trim (id INTEGER PRIMARY KEY, no INTEGER NOT NULL);

        CREATE TABLE jobs (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            queue INTEGER NOT NULL,
            name TEXT NOT NULL,
            state INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            cancel_requested_at INTEGER NOT NULL,
            closed INTEGER NOT NULL,
            reason TEXT,
            progress BLOB);
        CREATE UNIQUE INDEX jobs_id ON jobs (id);
        CREATE INDEX jobs_open ON jobs (id) WHERE state = 0;
        CREATE INDEX jobs_ended ON jobs (ended_at) WHERE state > 0;

        CREATE TABLE job_specs (job INTEGER PRIMARY KEY, labels TEXT, head BLOB, spec BLOB NOT NULL);

        CREATE TABLE progress_parts (
            key INTEGER PRIMARY KEY,
            job INTEGER NOT NULL,
            version INTEGER NOT NULL,
            part INTEGER NOT NULL,
            bytes BLOB NOT NULL);
        CREATE UNIQUE INDEX progress_parts_job ON progress_parts (job, version, part);

        CREATE TABLE chunks (
            job INTEGER NOT NULL,
            no INTEGER NOT NULL,
            state INTEGER NOT NULL,
            first INTEGER NOT NULL,
            items INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            micros INTEGER NOT NULL,
            at INTEGER NOT NULL,
            node TEXT,
            segment BLOB,
            report BLOB,
            PRIMARY KEY (job, no)) WITHOUT ROWID;

        CREATE TABLE collected (
            key INTEGER PRIMARY KEY,
            job INTEGER NOT NULL,
            no INTEGER NOT NULL,
            lines BLOB NOT NULL);
        CREATE UNIQUE INDEX collected_job ON collected (job, no);

        CREATE TABLE schedules (
            key INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            queue INTEGER NOT NULL,
            version INTEGER NOT NULL,
            paused INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            last_run INTEGER NOT NULL,
            parallel INTEGER NOT NULL);
        CREATE INDEX schedules_queue ON schedules (queue);

        CREATE TABLE schedule_specs (schedule INTEGER PRIMARY KEY, spec BLOB NOT NULL, secret_env BLOB);

        CREATE TABLE occurrences (
            key INTEGER PRIMARY KEY,
            queue INTEGER NOT NULL,
            schedule INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            outcome INTEGER NOT NULL,
            until INTEGER NOT NULL,
            count INTEGER NOT NULL,
            reason INTEGER NOT NULL,
            started_at INTEGER NOT NULL,
            task BLOB,
            state INTEGER,
            workflow BLOB,
            job BLOB);
        CREATE INDEX occurrences_schedule ON occurrences (schedule, at, key);
        CREATE UNIQUE INDEX occurrences_once ON occurrences (schedule, at) WHERE kind = 0;
        CREATE INDEX occurrences_open ON occurrences (queue) WHERE outcome < 2 AND state IS NULL;

        -- The tasks of a workflow's nodes have the keys after the workflow's.
        CREATE TABLE workflows (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL UNIQUE,
            queue INTEGER NOT NULL,
            count INTEGER NOT NULL,
            name TEXT NOT NULL,
            labels TEXT,
            state INTEGER NOT NULL,
            run INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            cancel_requested_at INTEGER NOT NULL,
            cancels_all INTEGER NOT NULL);
        CREATE INDEX workflows_open ON workflows (queue) WHERE state = 0;
        CREATE INDEX workflows_ended ON workflows (ended_at) WHERE state > 0;
        CREATE TABLE workflow_specs (workflow INTEGER PRIMARY KEY, outline BLOB NOT NULL);

        -- A key is that of the node's own task; first is the key of the first item's task, and those of the others follow it.
        CREATE TABLE workflow_items (
            key INTEGER PRIMARY KEY,
            first INTEGER,
            count INTEGER NOT NULL,
            made INTEGER NOT NULL,
            next INTEGER NOT NULL,
            stopped_at INTEGER NOT NULL,
            fault TEXT);
        CREATE UNIQUE INDEX workflow_items_first ON workflow_items (first);
        CREATE TABLE workflow_lists (key INTEGER PRIMARY KEY, list BLOB NOT NULL);
        CREATE TABLE workflow_jobs (
            key INTEGER PRIMARY KEY,
            job BLOB,
            stopped_at INTEGER NOT NULL,
            aggregate_bytes INTEGER NOT NULL);
        CREATE INDEX workflow_jobs_job ON workflow_jobs (job) WHERE job IS NOT NULL;

        -- A record of a queue's commits has 1 as its queue, one of anything else 0.
        CREATE TABLE audit (
            no INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            queue INTEGER NOT NULL,
            at INTEGER NOT NULL,
            count INTEGER NOT NULL,
            action TEXT NOT NULL,
            target TEXT,
            key_id TEXT,
            key_name TEXT,
            says TEXT,
            reason TEXT,
            address TEXT,
            was TEXT,
            became TEXT,
            UNIQUE (id, queue));
        CREATE INDEX audit_target ON audit (target, id);
        CREATE INDEX audit_action ON audit (action, no);

        CREATE TABLE nodes (
            id TEXT PRIMARY KEY,
            session INTEGER NOT NULL,
            instance TEXT NOT NULL,
            slots INTEGER NOT NULL,
            labels TEXT,
            enforces INTEGER NOT NULL,
            version TEXT NOT NULL,
            address TEXT NOT NULL,
            draining INTEGER NOT NULL,
            gone INTEGER NOT NULL,
            seen_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE node_events (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            node TEXT NOT NULL,
            state INTEGER NOT NULL);
        CREATE INDEX node_events_node ON node_events (node, seq);

        CREATE TABLE resource_events (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            id TEXT NOT NULL,
            state INTEGER NOT NULL);

        CREATE TABLE keys (
            no INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            hash BLOB NOT NULL,
            scopes INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER NOT NULL,
            expires_at INTEGER,
            last_used_at INTEGER,
            last_address TEXT);

        CREATE TABLE authority (
            no INTEGER PRIMARY KEY,
            certificate BLOB NOT NULL,
            key BLOB NOT NULL,
            created_at INTEGER NOT NULL);
        CREATE TABLE join_tokens (
            hash BLOB PRIMARY KEY,
            expires_at INTEGER NOT NULL,
            pattern TEXT NOT NULL,
            labels TEXT,
            key BLOB,
            node TEXT,
            instance TEXT) WITHOUT ROWID;
        CREATE INDEX join_tokens_node ON join_tokens (node);
        CREATE TABLE fixed_labels (name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE certificates (
            thumbprint BLOB PRIMARY KEY,
            node TEXT NOT NULL,
            instance TEXT NOT NULL,
            expires_at INTEGER NOT NULL,
            labels TEXT) WITHOUT ROWID;
        CREATE INDEX certificates_node ON certificates (node);

        CREATE TABLE webhooks (
            id TEXT PRIMARY KEY,
            url TEXT NOT NULL,
            types INTEGER NOT NULL,
            paused INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            secret BLOB NOT NULL,
            old_secret BLOB,
            old_until INTEGER NOT NULL,
            last_n INTEGER NOT NULL,
            failing_since INTEGER NOT NULL,
            log_seen INTEGER NOT NULL,
            nodes_seen INTEGER NOT NULL,
            resources_seen INTEGER NOT NULL,
            seen_in_log INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE webhook_deliveries (
            webhook TEXT NOT NULL,
            n INTEGER NOT NULL,
            message TEXT NOT NULL,
            event BLOB NOT NULL,
            at INTEGER NOT NULL,
            state INTEGER NOT NULL,
            tries INTEGER NOT NULL,
            status INTEGER,
            took INTEGER NOT NULL,
            next_try_at INTEGER NOT NULL,
            answer TEXT,
            steps INTEGER NOT NULL,
            PRIMARY KEY (webhook, n)) WITHOUT ROWID;
        CREATE UNIQUE INDEX webhook_deliveries_message ON webhook_deliveries (webhook, message);
        CREATE INDEX webhook_deliveries_open ON webhook_deliveries (webhook, n) WHERE state = 0;
        CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (at) WHERE state <> 0;
        CREATE TABLE webhook_owner (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
        CREATE TABLE deleted_webhooks (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
        """;
}
