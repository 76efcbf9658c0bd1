using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Memory;

/// <summary>Files in memory, for tests and simulations.</summary>
public sealed class MemoryFileStore : IFileStore
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<FileName, byte[]> files = [];

    /// <summary>Called before a write, a publication, a reading or a deletion; what it throws fails the step.</summary>
    public Action<FileStep>? Before { get; set; }

    /// <summary>The names of all files that are visible.</summary>
    public ImmutableArray<FileName> Names
    {
        get
        {
            lock (gate)
                return [.. files.Keys];
        }
    }

    /// <inheritdoc/>
    public IFileUpload Begin() => new Upload(this);

    /// <inheritdoc/>
    public async Task Publish(IReadOnlyList<IFileUpload> uploads)
    {
        await Task.CompletedTask;
        foreach (var upload in uploads.Cast<Upload>())
        {
            Before?.Invoke(FileStep.Publish);
            var name = upload.Seal().Name;
            lock (gate)
                files[name] = upload.Content;
        }
    }

    /// <inheritdoc/>
    public async Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        Before?.Invoke(FileStep.Open);
        lock (gate)
            return files.TryGetValue(name, out var content) ? new MemoryStream(content, writable: false) { Position = offset } : null;
    }

    /// <inheritdoc/>
    public Task<long?> Length(FileName name)
    {
        lock (gate)
            return Task.FromResult<long?>(files.TryGetValue(name, out var content) ? content.Length : null);
    }

    /// <inheritdoc/>
    public async Task Delete(FileName name)
    {
        await Task.CompletedTask;
        Before?.Invoke(FileStep.Delete);
        lock (gate)
            files.Remove(name);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> List(int part)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<FileName>>([.. files.Keys.Where(name => name.FirstByte == part)]);
    }

    /// <inheritdoc/>
    public Task<int> DiscardLeft(TimeSpan silence) => Task.FromResult(0);

    private sealed class Upload(MemoryFileStore store) : IFileUpload
    {
        private readonly MemoryStream content = new();
        private StoredFile? seal;

        public long Bytes => content.Length;

        internal byte[] Content => content.ToArray();

        public ValueTask Write(ReadOnlyMemory<byte> bytes)
        {
            if (seal is not null)
                throw new InvalidOperationException("The upload is sealed.");
            store.Before?.Invoke(FileStep.Write);
            content.Write(bytes.Span);
            return ValueTask.CompletedTask;
        }

        public StoredFile Seal() => seal ??= new StoredFile(FileName.Of(content.ToArray()), content.Length);

        public Stream Read() => new MemoryStream(content.ToArray(), writable: false);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

/// <summary>The steps of a store of files in memory that may fail.</summary>
public enum FileStep
{
    /// <summary>Bytes are added to an upload.</summary>
    Write,

    /// <summary>An upload becomes visible.</summary>
    Publish,

    /// <summary>A file is opened.</summary>
    Open,

    /// <summary>A file is deleted.</summary>
    Delete,
}
