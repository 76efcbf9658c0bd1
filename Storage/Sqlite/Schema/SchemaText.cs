namespace OrleansTasks.Storage.Sqlite.Schema;

/// <summary>
/// The tables as SQL; docs/storage.md explains them. A task's key is its partition's number × 2^40 + its own number.
/// </summary>
internal static class SchemaText
{
    /// <summary>The version that this program writes.</summary>
    internal const int Version = 4;

    /// <summary>Marks a file as ours in SQLite's header: the letters OTsk.</summary>
    internal const int ApplicationId = 0x4f54736b;

    /// <summary>
    /// Tables that came later and change nothing else: made where they are missing, so that programs of the same version without
    /// them go on.
    /// </summary>
    internal const string Later = """
        CREATE TABLE IF NOT EXISTS authority (
            no INTEGER PRIMARY KEY,
            certificate BLOB NOT NULL,
            key BLOB NOT NULL,
            created_at INTEGER NOT NULL);

        CREATE TABLE IF NOT EXISTS join_tokens (hash BLOB PRIMARY KEY, key BLOB, expires_at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS certificates (
            thumbprint BLOB PRIMARY KEY,
            node TEXT NOT NULL,
            instance TEXT NOT NULL,
            expires_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS node_events (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            node TEXT NOT NULL,
            state INTEGER NOT NULL);
        CREATE INDEX IF NOT EXISTS node_events_node ON node_events (node, seq);

        CREATE INDEX IF NOT EXISTS certificates_node ON certificates (node);

        CREATE TABLE IF NOT EXISTS job_heads (job INTEGER PRIMARY KEY, head BLOB NOT NULL);

        CREATE TABLE IF NOT EXISTS progress_parts (
            key INTEGER PRIMARY KEY,
            job INTEGER NOT NULL,
            version INTEGER NOT NULL,
            part INTEGER NOT NULL,
            bytes BLOB NOT NULL);
        CREATE UNIQUE INDEX IF NOT EXISTS progress_parts_job ON progress_parts (job, version, part);

        CREATE TABLE IF NOT EXISTS join_terms (
            hash BLOB PRIMARY KEY,
            pattern TEXT NOT NULL,
            labels TEXT,
            node TEXT,
            instance TEXT) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS certificate_labels (thumbprint BLOB PRIMARY KEY, labels TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS fixed_labels (name TEXT PRIMARY KEY) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS queue_limits (
            name TEXT PRIMARY KEY,
            version INTEGER NOT NULL,
            paused INTEGER NOT NULL,
            max_running INTEGER,
            max_depth INTEGER,
            rate TEXT,
            burst INTEGER) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS partition_limits (
            partition INTEGER PRIMARY KEY,
            starts_from INTEGER NOT NULL,
            retired INTEGER NOT NULL);

        CREATE TABLE IF NOT EXISTS resource_events (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            kind INTEGER NOT NULL,
            id TEXT NOT NULL,
            state INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS webhooks (
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
        CREATE TABLE IF NOT EXISTS webhook_deliveries (
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
            PRIMARY KEY (webhook, n)) WITHOUT ROWID;
        CREATE UNIQUE INDEX IF NOT EXISTS webhook_deliveries_message ON webhook_deliveries (webhook, message);
        CREATE INDEX IF NOT EXISTS webhook_deliveries_open ON webhook_deliveries (webhook, n) WHERE state = 0;
        CREATE INDEX IF NOT EXISTS webhook_deliveries_ended ON webhook_deliveries (at) WHERE state <> 0;
        CREATE TABLE IF NOT EXISTS webhook_owner (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL);
        CREATE TABLE IF NOT EXISTS deleted_webhooks (id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE IF NOT EXISTS task_results (
            task INTEGER PRIMARY KEY,
            attempt INTEGER NOT NULL,
            value BLOB NOT NULL);
        """;

    /// <summary>Counts the last parts of what each change added to <see cref="Later"/>.</summary>
    internal const string CountLater = """
        SELECT count(*) FROM sqlite_master
        WHERE name IN ('progress_parts_job', 'fixed_labels', 'partition_limits', 'webhook_owner', 'task_results', 'deleted_webhooks')
        """;

    /// <summary>What <see cref="CountLater"/> finds when nothing is missing.</summary>
    internal const int LaterParts = 6;

    /// <summary>
    /// Numbers the events of all partitions in one log. An older program of this schema version writes events without a number;
    /// <see cref="NumberEvents"/> numbers them at the next start.
    /// </summary>
    internal const string EventLog = """
        ALTER TABLE events ADD COLUMN no INTEGER;
        CREATE UNIQUE INDEX events_no ON events (no);
        CREATE TABLE event_trim (id INTEGER PRIMARY KEY, no INTEGER NOT NULL);
        """;

    /// <summary>Gives a number to events without one, in the order of their times, after all that have one.</summary>
    internal const string NumberEvents = """
        UPDATE events SET no = n.no + max(ifnull((SELECT max(no) FROM events), 0), ifnull((SELECT no FROM event_trim), 0))
        FROM (SELECT key, row_number() OVER (ORDER BY at, key) AS no FROM events WHERE no IS NULL) n
        WHERE events.key = n.key
        """;

    /// <summary>
    /// Adds a column for how many tries of a delivery were those of the schedule. An older program of this schema version writes
    /// deliveries without it.
    /// </summary>
    internal const string DeliverySteps = "ALTER TABLE webhook_deliveries ADD COLUMN steps INTEGER";

    /// <summary>Counts what <see cref="DeliverySteps"/> adds.</summary>
    internal const string CountDeliverySteps = "SELECT count(*) FROM pragma_table_info('webhook_deliveries') WHERE name = 'steps'";

    /// <summary>
    /// Adds a column for the sequence of the commit that wrote a task last. An older program of this schema version writes
    /// tasks without it.
    /// </summary>
    internal const string TaskVersion = "ALTER TABLE tasks ADD COLUMN version INTEGER";

    /// <summary>Counts what <see cref="TaskVersion"/> adds.</summary>
    internal const string CountTaskVersion = "SELECT count(*) FROM pragma_table_info('tasks') WHERE name = 'version'";

    /// <summary>
    /// Adds columns for when keys expire and were last used. An older program of this schema version takes a key that
    /// has expired for valid.
    /// </summary>
    internal const string KeyTimes = """
        ALTER TABLE keys ADD COLUMN expires_at INTEGER;
        ALTER TABLE keys ADD COLUMN last_used_at INTEGER;
        ALTER TABLE keys ADD COLUMN last_address TEXT;
        """;

    /// <summary>Counts what <see cref="KeyTimes"/> adds.</summary>
    internal const string CountKeyTimes = "SELECT count(*) FROM pragma_table_info('keys') WHERE name = 'last_address'";

    /// <summary>Adds a column for the weights of queues. An older program of this schema version gives a queue that it changes the default.</summary>
    internal const string QueueWeights = "ALTER TABLE queue_limits ADD COLUMN weight INTEGER";

    /// <summary>Counts what <see cref="QueueWeights"/> adds.</summary>
    internal const string CountQueueWeights = "SELECT count(*) FROM pragma_table_info('queue_limits') WHERE name = 'weight'";

    /// <summary>
    /// Adds columns for who paused a queue. An older program of this schema version empties them with each change of
    /// the queue.
    /// </summary>
    internal const string QueuePauses = """
        ALTER TABLE queue_limits ADD COLUMN pause_at INTEGER;
        ALTER TABLE queue_limits ADD COLUMN pause_key TEXT;
        ALTER TABLE queue_limits ADD COLUMN pause_key_name TEXT;
        ALTER TABLE queue_limits ADD COLUMN pause_says TEXT;
        ALTER TABLE queue_limits ADD COLUMN pause_reason TEXT;
        """;

    /// <summary>Counts what <see cref="QueuePauses"/> adds last.</summary>
    internal const string CountQueuePauses =
        "SELECT count(*) FROM pragma_table_info('queue_limits') WHERE name = 'pause_reason'";

    /// <summary>Makes everything of version 1.</summary>
    internal const string First = """
        CREATE TABLE schema_version (version INTEGER NOT NULL, oldest_reader INTEGER NOT NULL);
        INSERT INTO schema_version VALUES (1, 1);

        CREATE TABLE partitions (
            no INTEGER PRIMARY KEY,
            queue TEXT NOT NULL,
            number INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            last_no INTEGER NOT NULL,
            transitions INTEGER NOT NULL,
            UNIQUE (queue, number));

        CREATE TABLE tasks (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
            partition INTEGER NOT NULL,
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
            name TEXT NOT NULL);
        CREATE UNIQUE INDEX tasks_id ON tasks (id);
        CREATE INDEX tasks_waiting ON tasks (partition, priority DESC, ord, state, queued_at) WHERE state < 2;
        CREATE INDEX tasks_leased ON tasks (partition) WHERE state IN (2, 3);
        CREATE INDEX tasks_unlucky ON tasks (state, id) WHERE state > 4;
        CREATE INDEX tasks_ended ON tasks (ended_at) WHERE state > 3;

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
            PRIMARY KEY (task, attempt)) WITHOUT ROWID;
        CREATE INDEX results_filed ON results (task, stdout_bytes, stderr_bytes) WHERE place = 1;

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

        CREATE TABLE idempotency (
            no INTEGER PRIMARY KEY,
            key BLOB NOT NULL UNIQUE,
            body BLOB NOT NULL,
            answer BLOB NOT NULL,
            at INTEGER NOT NULL);

        CREATE TABLE events (
            key INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            transitions INTEGER NOT NULL,
            entries BLOB NOT NULL);

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

        CREATE TABLE queues (name TEXT PRIMARY KEY, placement INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE keys (
            no INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            hash BLOB NOT NULL,
            scopes INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            revoked_at INTEGER NOT NULL);
        """;

    /// <summary>Makes version 2 of version 1: data jobs. Programs of version 1 can go on with the rest.</summary>
    internal const string Jobs = """
        CREATE TABLE jobs (
            key INTEGER PRIMARY KEY,
            id BLOB NOT NULL,
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

        CREATE TABLE job_specs (job INTEGER PRIMARY KEY, labels TEXT, spec BLOB NOT NULL);

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

        UPDATE schema_version SET version = 2;
        """;
}
