using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Collects the chunks in a group of commits, column by column.</summary>
internal sealed class ChunkRows
{
    // State 0 is open. A chunk that is already stored stays as it is.
    private static readonly string Insert = $"""
        INSERT INTO ot.chunks (job, no, state, first, items, attempt, reason, micros, at, segment, upload, uploaded)
        SELECT r.key, r.no, 0, first, items, 0, 0, 0, 0, segment, upload, uploaded
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[], $6::uuid[], $7::bigint[])
            r (key, no, first, items, segment, upload, uploaded) {CommitBatch.Passed}
        ON CONFLICT (job, no) DO NOTHING
        """;

    private static readonly string Update = $"""
        UPDATE ot.chunks c SET state = r.state, attempt = r.attempt, reason = r.reason, micros = r.micros, at = r.at, node = r.node,
            segment = NULL, report = r.report
        FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::integer[], $5::integer[], $6::bigint[], $7::bigint[], $8::text[],
            $9::bytea[]) r (key, no, state, attempt, reason, micros, at, node, report) {CommitBatch.Passed}
        WHERE c.job = r.key AND c.no = r.no
        """;

    private static readonly string Collect = $"""
        INSERT INTO ot.collected (job, no, lines) SELECT r.key, r.no, lines
        FROM unnest($1::bigint[], $2::bigint[], $3::bytea[]) r (key, no, lines) {CommitBatch.Passed} ON CONFLICT (job, no) DO NOTHING
        """;

    private readonly List<long> newJobs = [], newNumbers = [], firsts = [], items = [];
    private readonly List<byte[]?> segments = [];
    private readonly List<Guid?> uploads = [];
    private readonly List<long> uploaded = [];
    private readonly List<long> endedJobs = [], endedNumbers = [], micros = [], times = [];
    private readonly List<int> states = [], attempts = [], reasons = [];
    private readonly List<string?> nodes = [];
    private readonly List<byte[]?> reports = [];
    private readonly List<long> collectedJobs = [], collectedNumbers = [];
    private readonly List<byte[]?> lines = [];

    internal void Add(ChunkWrite write)
    {
        var key = write.JobNo;
        if (write.New is { } chunk)
        {
            newJobs.Add(key);
            newNumbers.Add(chunk.No);
            firsts.Add(chunk.First);
            items.Add(chunk.Items);
            segments.Add(chunk.Segment.IsEmpty ? null : Query.Bytes(chunk.Segment));
            uploads.Add(chunk.Upload is { } mark ? Query.Uuid(mark.Upload) : null);
            uploaded.Add(chunk.Upload?.Items ?? 0);
        }

        if (write.Ended is not { } ended)
            return;
        endedJobs.Add(key);
        endedNumbers.Add(ended.No);
        states.Add((int)ended.State);
        attempts.Add(ended.Attempt);
        reasons.Add((int)ended.Reason);
        micros.Add(ended.Micros);
        times.Add(ended.At);
        nodes.Add(ended.Node);
        reports.Add(ended.Report.IsEmpty ? null : Query.Bytes(ended.Report));
        if (write.Collected is not { } collected)
            return;
        collectedJobs.Add(key);
        collectedNumbers.Add(ended.No);
        lines.Add(Query.Bytes(collected));
    }

    internal void AddTo(List<Query> statements)
    {
        if (newJobs.Count > 0)
            statements.Add(new Query(Insert).Bind(newJobs).Bind(newNumbers).Bind(firsts).Bind(items).Bind(segments)
                .Bind(uploads).Bind(uploaded));
        if (endedJobs.Count > 0)
            statements.Add(new Query(Update).Bind(endedJobs).Bind(endedNumbers).Bind(states).Bind(attempts).Bind(reasons)
                .Bind(micros).Bind(times).Bind(nodes).Bind(reports));
        if (collectedJobs.Count > 0)
            statements.Add(new Query(Collect).Bind(collectedJobs).Bind(collectedNumbers).Bind(lines));
    }
}
