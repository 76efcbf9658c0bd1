using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres.Writing;

/// <summary>Builds the statements that store which files owners name. Few commits need them.</summary>
internal static class FileUseStatements
{
    // The last parameter is the queue's number: the statements take effect only if the commit passes the fence.
    private const string Delete = $"""
        DELETE FROM ot.file_uses f USING {CommitBatch.AllPassed} WHERE f.kind = $1 AND f.id = $2 AND q.no = $3
        """;

    private const string Insert = $"""
        INSERT INTO ot.file_uses (kind, id, hash)
        SELECT $1, $2, h.hash FROM unnest($3::bytea[]) h (hash), {CommitBatch.AllPassed} WHERE q.no = $4
        ON CONFLICT DO NOTHING
        """;

    internal static void AddTo(
        List<Query> statements, int queueNo, IReadOnlyDictionary<FileUse, ImmutableArray<FileName>> uses)
    {
        foreach (var (owner, files) in uses)
        {
            statements.Add(new Query(Delete).Bind((int)owner.Kind).Bind(owner.Id).Bind(queueNo));
            if (!files.IsEmpty)
                statements.Add(new Query(Insert).Bind((int)owner.Kind).Bind(owner.Id)
                    .Bind(files.Select(static file => (byte[]?)file.ToArray()).ToList()).Bind(queueNo));
        }
    }
}
