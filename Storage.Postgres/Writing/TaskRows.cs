using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the tasks in a group of commits, column by column.</summary>
internal sealed class TaskRows
{
    private const string InsertSpecs = "INSERT INTO ot.specs (task, batch, labels, spec) SELECT r.key, batch, labels, spec";
    private const string InsertSecrets = "INSERT INTO ot.secrets (task, env) SELECT r.key, env";
    private const string InsertLabels = "INSERT INTO ot.labels (name, value, id, task) SELECT r.name, value, id, r.key";

    private static readonly string Insert = $"""
        INSERT INTO ot.tasks ({StateColumns.Names}, id, queue, priority, expires_at, limits, had_secrets, retry, requires, name,
            extra, version)
        SELECT {StateColumns.Values}, r.id, q.no, r.priority, r.expires_at, r.limits, r.had_secrets, r.retry, r.requires, r.name,
            r.extra, r.version
        FROM unnest({StateColumns.Parameters}, $18::uuid[], $19::integer[], $20::bigint[], $21::integer[], $22::boolean[],
            $23::text[], $24::text[], $25::text[], $26::text[], $27::bigint[])
            r ({StateColumns.Names}, id, priority, expires_at, limits, had_secrets, retry, requires, name, extra, version) {CommitBatch.Passed}
        """;

    // If fewer rows change than are given, a task is not stored, and ot.require raises an error.
    private static readonly string Update = $"""
        WITH r AS (SELECT r.* FROM unnest({StateColumns.Parameters}, $18::bigint[]) r ({StateColumns.Names}, version) {CommitBatch.Passed}),
        changed AS (UPDATE ot.tasks t SET {StateColumns.Assignments}, version = r.version FROM r WHERE t.key = r.key RETURNING 1)
        SELECT ot.require((SELECT count(*) FROM r) = (SELECT count(*) FROM changed), 'A task to be changed is not stored.')
        """;

    private static readonly string Specs =
        $"{InsertSpecs} FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[]) r (key, batch, labels, spec) {CommitBatch.Passed}";

    private static readonly string Secrets =
        $"{InsertSecrets} FROM unnest($1::bigint[], $2::bytea[]) r (key, env) {CommitBatch.Passed}";

    private static readonly string Labels = $"""
        {InsertLabels} FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[]) r (name, value, id, key) {CommitBatch.Passed}
        """;

    private static readonly string DropSecrets =
        $"DELETE FROM ot.secrets s USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE s.task = r.key";

    private static readonly string ForgetFailures =
        $"DELETE FROM ot.failures f USING unnest($1::bigint[]) r (key) {CommitBatch.Passed} WHERE f.task = r.key";

    // As ExtraText.WithReservedMemory. (?n): ^ and $ match at lines, and [^;] matches no line break.
    private static readonly string Reserve = $"""
        UPDATE ot.tasks t SET extra = regexp_replace(t.extra, '(?n)^(resources [^;]*)(;.*)?$', '\1; ' || r.memory)
        FROM unnest($1::bigint[], $2::bigint[]) r (key, memory) {CommitBatch.Passed} WHERE t.key = r.key
        """;

    private static readonly string Failed = $"""
        INSERT INTO ot.failures (task, id, queue, fingerprint, at) SELECT r.key, r.id, q.no, r.fingerprint, r.at
        FROM unnest($1::bigint[], $2::uuid[], $3::bigint[], $4::bigint[]) r (key, id, fingerprint, at) {CommitBatch.Passed}
        ON CONFLICT (task) DO UPDATE SET id = excluded.id, fingerprint = excluded.fingerprint, at = excluded.at
        """;

    // The task of a submission that is gone must not be stored: someone withdrew it.
    private static readonly string TakeSubmissions = $"""
        WITH r AS (SELECT r.* FROM unnest($1::bigint[], $2::uuid[]) r (key, id) {CommitBatch.Passed}),
        gone AS (DELETE FROM ot.submissions s USING r WHERE s.id = r.id RETURNING 1)
        SELECT ot.require((SELECT count(*) FROM r) = (SELECT count(*) FROM gone), 'A submission of the commit was withdrawn.')
        """;

    // Kind 1 is a task.
    private static readonly string Files = $"""
        INSERT INTO ot.file_uses (kind, id, hash) SELECT 1, r.id, r.hash
        FROM unnest($1::text[], $2::bytea[], $3::bigint[]) r (id, hash, key) {CommitBatch.Passed} ON CONFLICT DO NOTHING
        """;

    private readonly StateColumns added = new();
    private readonly StateColumns changed = new();
    private readonly List<long> addedVersions = [], changedVersions = [];
    private readonly List<Guid> ids = [];
    private readonly List<int> priorities = [];
    private readonly List<long> expiries = [];
    private readonly List<int> limits = [];
    private readonly List<bool> hadSecrets = [];
    private readonly List<string?> retries = [], requires = [], names = [], extras = [];
    private readonly List<long> specKeys = [];
    private readonly List<Guid?> batches = [];
    private readonly List<string?> specLabels = [];
    private readonly List<byte[]?> specs = [];
    private readonly List<long> secretKeys = [];
    private readonly List<byte[]?> secrets = [];
    private readonly List<string?> labelNames = [], labelValues = [];
    private readonly List<Guid> labelIds = [];
    private readonly List<long> labelKeys = [];
    private readonly List<string?> fileIds = [];
    private readonly List<byte[]?> files = [];
    private readonly List<long> fileKeys = [];
    private readonly List<long> droppedSecrets = [], forgottenFailures = [];
    private readonly List<long> reservingKeys = [], reserved = [];
    private readonly List<long> failedKeys = [], fingerprints = [], failedAt = [];
    private readonly List<Guid> failedIds = [];
    private readonly List<long> takenKeys = [];
    private readonly List<Guid> takenIds = [];

    /// <summary>Adds one entry of a commit. Its version is the commit's own sequence.</summary>
    internal void Add(TaskWrite write, long version)
    {
        var key = write.Row.No;
        if (write.New is { } submission)
        {
            AddNew(key, write, submission);
            addedVersions.Add(version);
        }
        else
        {
            changed.Add(key, write.Row);
            changedVersions.Add(version);
        }

        if (write.DropSecrets && write.New is null)
            droppedSecrets.Add(key);
        if (write.ForgetsFailure)
            forgottenFailures.Add(key);
        if (write.ReservedMemory is > 0 and var memory)
        {
            reservingKeys.Add(key);
            reserved.Add(memory);
        }

        if (write.Fingerprint is not { } fingerprint)
            return;
        failedKeys.Add(key);
        failedIds.Add(Query.Uuid(write.Row.Id));
        fingerprints.Add(fingerprint);
        failedAt.Add(write.Row.EndedAt);
    }

    internal void AddTo(List<Query> statements)
    {
        if (ids.Count > 0)
        {
            statements.Add(added.BindTo(new Query(Insert)).Bind(ids).Bind(priorities).Bind(expiries).Bind(limits).Bind(hadSecrets)
                .Bind(retries).Bind(requires).Bind(names).Bind(extras).Bind(addedVersions));
            statements.Add(new Query(Specs).Bind(specKeys).Bind(batches).Bind(specLabels).Bind(specs));
        }

        if (takenIds.Count > 0)
            statements.Add(new Query(TakeSubmissions).Bind(takenKeys).Bind(takenIds));
        if (secrets.Count > 0)
            statements.Add(new Query(Secrets).Bind(secretKeys).Bind(secrets));
        if (labelKeys.Count > 0)
            statements.Add(new Query(Labels).Bind(labelNames).Bind(labelValues).Bind(labelIds).Bind(labelKeys));
        if (files.Count > 0)
            statements.Add(new Query(Files).Bind(fileIds).Bind(files).Bind(fileKeys));
        if (changed.Count > 0)
            statements.Add(changed.BindTo(new Query(Update)).Bind(changedVersions));
        if (droppedSecrets.Count > 0)
            statements.Add(new Query(DropSecrets).Bind(droppedSecrets));
        if (forgottenFailures.Count > 0)
            statements.Add(new Query(ForgetFailures).Bind(forgottenFailures));
        if (reserved.Count > 0)
            statements.Add(new Query(Reserve).Bind(reservingKeys).Bind(reserved));
        if (failedKeys.Count > 0)
            statements.Add(new Query(Failed).Bind(failedKeys).Bind(failedIds).Bind(fingerprints).Bind(failedAt));
    }

    private void AddNew(long key, TaskWrite write, TaskSubmission submission)
    {
        added.Add(key, write.Row);
        ids.Add(Query.Uuid(write.Row.Id));
        priorities.Add(submission.Priority);
        expiries.Add(submission.ExpiresAt);
        limits.Add((int)submission.Limits);
        hadSecrets.Add(!submission.SecretEnv.IsEmpty);
        retries.Add(RetryText.Write(submission.Retry));
        requires.Add(Query.Text8(LabelText.Write(submission.Requires)));
        names.Add(submission.Name);
        extras.Add(ExtraText.Write(submission));
        specKeys.Add(key);
        batches.Add(write.Batch is { } batch ? Query.Uuid(batch) : null);
        specLabels.Add(Query.Text8(LabelText.Write(submission.Labels)));
        specs.Add(Query.Bytes(submission.Spec));
        foreach (var label in submission.Labels)
        {
            labelNames.Add(label.Key);
            labelValues.Add(label.Value);
            labelIds.Add(Query.Uuid(write.Row.Id));
            labelKeys.Add(key);
        }

        foreach (var file in submission.Files.IsDefault ? [] : submission.Files)
        {
            fileIds.Add(write.Row.Id.ToString());
            files.Add(file.ToArray());
            fileKeys.Add(key);
        }

        if (submission.IsTransactional)
        {
            takenKeys.Add(key);
            takenIds.Add(Query.Uuid(write.Row.Id));
        }

        if (submission.SecretEnv.IsEmpty || write.DropSecrets)
            return;
        secretKeys.Add(key);
        secrets.Add(Query.Bytes(submission.SecretEnv));
    }
}
