namespace OrleansTasks.Storage.Postgres.Schema;

/// <summary>The tables of schedules. A key is the partition's number × 2^40 + the row's number, as a task's is.</summary>
internal static class SchedulesSchema
{
    internal const string Text = """
        CREATE TABLE ot.schedules (
            key bigint PRIMARY KEY,
            id text COLLATE "C" NOT NULL UNIQUE,
            version bigint NOT NULL,
            paused boolean NOT NULL,
            created_at bigint NOT NULL,
            next_at bigint NOT NULL,
            last_at bigint NOT NULL,
            last_run bigint NOT NULL,
            parallel integer NOT NULL) WITH (fillfactor = 70);
        CREATE TABLE ot.schedule_specs (schedule bigint PRIMARY KEY, spec bytea NOT NULL, secret_env bytea);
        CREATE TABLE ot.occurrences (
            key bigint PRIMARY KEY,
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
        CREATE INDEX occurrences_open ON ot.occurrences (key) WHERE outcome < 2 AND state IS NULL;
        """;
}
