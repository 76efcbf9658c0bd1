using System.Security.Cryptography;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Postgres.Access;

namespace OrleansTasks.Storage.Postgres;

/// <summary>
/// Files in the PostgreSQL database, in blocks of 1 MiB. An upload's blocks are committed one by one without a flush.
/// The commit that makes them a file's content is flushed, and everything written before it with it. If a crash of the
/// server lost a block, this commit fails and the file must be sent again.
/// </summary>
/// <param name="database">The open database.</param>
public sealed class PostgresFileStore(PostgresDatabase database) : IFileStore
{
    private const int BlockBytes = ServiceLimits.FileBlockBytes;

    // A block is stored in about 500 rows, so a statement deletes few of them.
    private const int BlocksAtOnce = 64;
    private const int UploadsAtOnce = 100;

    private const string Unflushed = "SET LOCAL synchronous_commit = off";

    private const string Touch = """
        INSERT INTO ot.file_uploads (id, touched_at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET touched_at = excluded.touched_at
        """;

    private const string InsertBlock = "INSERT INTO ot.file_blocks (upload, no, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";

    private const string InsertContent = """
        INSERT INTO ot.file_contents (hash, upload, bytes) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING upload
        """;

    private const string CountBlocks = "SELECT count(*) FROM ot.file_blocks WHERE upload = $1";
    private const string DeleteUpload = "DELETE FROM ot.file_uploads WHERE id = $1";
    private const string SelectContent = "SELECT upload, bytes FROM ot.file_contents WHERE hash = $1";
    private const string SelectBlock = "SELECT bytes FROM ot.file_blocks WHERE upload = $1 AND no = $2";

    // The blocks become those of an upload again, which DropBlocks removes step by step.
    private const string DeleteContent = """
        WITH gone AS (DELETE FROM ot.file_contents WHERE hash = $1 RETURNING upload)
        INSERT INTO ot.file_uploads (id, touched_at) SELECT upload, 0 FROM gone ON CONFLICT (id) DO UPDATE SET touched_at = 0 RETURNING id
        """;

    private const string LockUpload = "SELECT id FROM ot.file_uploads WHERE id = $1 FOR UPDATE";

    private const string DeleteBlocks = """
        DELETE FROM ot.file_blocks WHERE upload = $1 AND no IN (SELECT no FROM ot.file_blocks WHERE upload = $1 ORDER BY no LIMIT $2)
        """;

    private const string SelectLeft = "SELECT id FROM ot.file_uploads WHERE touched_at < $1 ORDER BY touched_at LIMIT $2";
    private const string OfPart = "SELECT hash FROM ot.file_contents WHERE hash >= $1 AND ($2 OR hash < $3)";

    private long Now => database.Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public IFileUpload Begin() => new Upload(this);

    /// <inheritdoc/>
    public Task Publish(IReadOnlyList<IFileUpload> uploads)
    {
        // In the order of names, so that two calls with the same files cannot block each other.
        var all = uploads.Cast<Upload>().OrderBy(static upload => upload.Seal().Name).ToArray();
        return Guard(() => database.Write(async session =>
        {
            foreach (var upload in all)
                await Publish(session, upload).ConfigureAwait(false);
            return all.Length;
        }));
    }

    /// <inheritdoc/>
    public async Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default)
    {
        var found = await database.Read(session => session.All(
            new Query(SelectContent).Bind(name.ToArray()), static row => (Upload: row.Uuid(0), Bytes: row.Int64(1))), cancellation)
            .ConfigureAwait(false);
        return found is [var content] ? new Content(database, content.Upload, content.Bytes, offset) : null;
    }

    /// <inheritdoc/>
    public async Task<long?> Length(FileName name)
    {
        var found = await database.Read(session => session.All(
            new Query(SelectContent).Bind(name.ToArray()), static row => row.Int64(1))).ConfigureAwait(false);
        return found is [var bytes] ? bytes : null;
    }

    /// <inheritdoc/>
    public async Task Delete(FileName name)
    {
        var uploads = await database.Write(session =>
            session.All(new Query(DeleteContent).Bind(name.ToArray()), static row => row.Uuid(0))).ConfigureAwait(false);
        foreach (var upload in uploads)
            await DropBlocks(upload).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<FileName>> List(int part)
    {
        var query = new Query(OfPart).Bind(new[] { (byte)part }).Bind(part == IFileStore.Parts - 1).Bind(new[] { (byte)(part + 1) });
        return [.. await database.Scan(
            session => session.All(query, static row => FileName.Read(row.Bytes(0))), CancellationToken.None).ConfigureAwait(false)];
    }

    /// <inheritdoc/>
    public async Task<int> DiscardLeft(TimeSpan silence)
    {
        var before = Now - (long)silence.TotalMilliseconds;
        var left = await database.Read(session => session.All(
            new Query(SelectLeft).Bind(before).Bind((long)UploadsAtOnce), static row => row.Uuid(0))).ConfigureAwait(false);
        foreach (var upload in left)
            await DropBlocks(upload).ConfigureAwait(false);
        return left.Count;
    }

    private static async Task<T> Guard<T>(Func<Task<T>> write)
    {
        try
        {
            return await write().ConfigureAwait(false);
        }
        catch (StoreUnavailableException full) when (full.InnerException is Npgsql.PostgresException { SqlState: Failures.DiskFull })
        {
            throw new FileStoreFullException("The disk of the database is full.", full);
        }
    }

    private static async Task Publish(Session session, Upload upload)
    {
        var file = upload.Seal();
        var added = await session.All(
            new Query(InsertContent).Bind(file.Name.ToArray()).Bind(upload.Id).Bind(file.Bytes), static _ => true).ConfigureAwait(false);
        if (added.Count > 0)
        {
            var blocks = await session.All(new Query(CountBlocks).Bind(upload.Id), static row => row.Int64(0))
                .ConfigureAwait(false);
            if (blocks[0] != upload.FullBlocks)
            {
                throw new StoreUnavailableException(
                    "A crash of the database lost a part of the upload. Send the file again.");
            }

            if (!upload.Rest.IsEmpty)
                await session.Run(Block(upload, upload.Rest)).ConfigureAwait(false);
            await session.Run(new Query(DeleteUpload).Bind(upload.Id)).ConfigureAwait(false);
        }
        else if (upload.FullBlocks > 0)
            // Another upload's blocks are the content already. These remain an upload's, which goes away.
            await session.Run(new Query(Touch).Bind(upload.Id).Bind(0L)).ConfigureAwait(false);
    }

    private Task Add(Upload upload, ReadOnlyMemory<byte> bytes) => Guard(() => database.Write(session => session.RunAll(
        new Query(Unflushed), new Query(Touch).Bind(upload.Id).Bind(Now), Block(upload, bytes))));

    private Content ContentOf(Upload upload) =>
        new(database, upload.Id, upload.Bytes, 0) { Rest = (upload.FullBlocks, upload.Rest) };

    private static Query Block(Upload upload, ReadOnlyMemory<byte> bytes) =>
        new Query(InsertBlock).Bind(upload.Id).Bind(upload.FullBlocks).Bind(bytes);

    private async Task DropBlocks(Guid upload)
    {
        while (await database.Write(async session =>
        {
            if ((await session.All(new Query(LockUpload).Bind(upload), static _ => true).ConfigureAwait(false)).Count == 0)
                return false;
            if (await session.Run(new Query(DeleteBlocks).Bind(upload).Bind((long)BlocksAtOnce)).ConfigureAwait(false) == BlocksAtOnce)
                return true;
            await session.Run(new Query(DeleteUpload).Bind(upload)).ConfigureAwait(false);
            return false;
        }).ConfigureAwait(false))
        {
        }
    }

    private sealed class Upload(PostgresFileStore store) : IFileUpload
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private byte[] block = [];
        private int filled;
        private StoredFile? seal;

        public long Bytes => FullBlocks * BlockBytes + filled;

        internal Guid Id { get; } = Guid.NewGuid();

        /// <summary>The number of blocks that are in the database.</summary>
        internal long FullBlocks { get; private set; }

        /// <summary>The bytes after the last full block.</summary>
        internal ReadOnlyMemory<byte> Rest => block.AsMemory(0, filled);

        public async ValueTask Write(ReadOnlyMemory<byte> bytes)
        {
            if (seal is not null)
                throw new InvalidOperationException("The upload is sealed.");
            hash.AppendData(bytes.Span);
            while (!bytes.IsEmpty)
            {
                if (filled == 0 && bytes.Length >= BlockBytes)
                {
                    await Add(bytes[..BlockBytes]).ConfigureAwait(false);
                    bytes = bytes[BlockBytes..];
                    continue;
                }

                var taken = Math.Min(bytes.Length, BlockBytes - filled);
                if (block.Length < filled + taken)
                    Array.Resize(ref block, Math.Min(BlockBytes, Math.Max(filled + taken, 2 * block.Length)));
                bytes[..taken].CopyTo(block.AsMemory(filled));
                (filled, bytes) = (filled + taken, bytes[taken..]);
                if (filled < BlockBytes)
                    continue;
                await Add(block).ConfigureAwait(false);
                filled = 0;
            }
        }

        public StoredFile Seal() => seal ??= new StoredFile(FileName.Read(hash.GetHashAndReset()), Bytes);

        public Stream Read() => store.ContentOf(this);

        public async ValueTask DisposeAsync()
        {
            hash.Dispose();
            try
            {
                // An upload without blocks has no row. A published upload has lost its row, so DropBlocks keeps its
                // blocks.
                if (FullBlocks > 0)
                    await store.DropBlocks(Id).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is StoreUnavailableException or OutcomeUnknownException)
            {
                // DiscardLeft removes it.
            }
        }

        private async Task Add(ReadOnlyMemory<byte> bytes)
        {
            await store.Add(this, bytes).ConfigureAwait(false);
            FullBlocks++;
        }
    }

    private sealed class Content(PostgresDatabase database, Guid upload, long length, long offset) : Stream
    {
        private ReadOnlyMemory<byte> block;
        private long at = offset;

        /// <summary>The last block of an upload, with its number: it is not in the database yet.</summary>
        internal (long No, ReadOnlyMemory<byte> Bytes)? Rest { get; init; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => at;
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (block.IsEmpty)
            {
                if (at >= length)
                    return 0;
                block = (await Block(at / BlockBytes, cancellationToken).ConfigureAwait(false))[(int)(at % BlockBytes)..];
            }

            var count = Math.Min(block.Length, buffer.Length);
            block[..count].CopyTo(buffer);
            block = block[count..];
            at += count;
            return count;
        }

        private async Task<ReadOnlyMemory<byte>> Block(long no, CancellationToken cancellation)
        {
            if (Rest is { } rest && rest.No == no)
                return rest.Bytes;
            var query = new Query(SelectBlock).Bind(upload).Bind(no);
            var found = await database.Read(session => session.All(query, static row => row.Bytes(0)), cancellation).ConfigureAwait(false);
            return found is [var bytes] && bytes.Length == Math.Min(BlockBytes, length - no * BlockBytes)
                ? bytes
                : throw new IOException("The file was removed while it was being read.");
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) =>
            ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
