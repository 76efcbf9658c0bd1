using OrleansTasks.Files;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// Immutable bytes by name. The store knows nothing of who needs them: <see cref="IFileIndex"/> says which files count as stored, and only
/// that makes removal safe. Programs therefore store files through <c>FileDepot</c>, which uses both. All methods throw
/// <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IFileStore
{
    /// <summary>The number of parts that <see cref="List"/> can read: one for each first byte of a name.</summary>
    const int Parts = 256;

    /// <summary>
    /// Why the last call failed, in words for operators; null if the store works, or keeps no record of it.
    /// </summary>
    string? Fault => null;

    /// <summary>
    /// Begins an upload. It takes space at once, but nobody sees it before <see cref="Publish"/>. What a killed process leaves of uploads
    /// goes away with <see cref="DiscardLeft"/>.
    /// </summary>
    IFileUpload Begin();

    /// <summary>
    /// Makes sealed uploads visible, all with as few flushes as possible. They are durable when this returns. A file that the store has
    /// already is not written again. After an exception, any of them may be visible. Throws <see cref="FileStoreFullException"/>.
    /// </summary>
    Task Publish(IReadOnlyList<IFileUpload> uploads);

    /// <summary>
    /// Opens a file for reading, at an offset that may be its end. Returns null if there is no such file. The stream need not support
    /// seeking; it continues to its end even if the file is deleted meanwhile, or throws <see cref="IOException"/>.
    /// </summary>
    Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default);

    /// <summary>Returns a file's size in bytes; null if there is no such file.</summary>
    Task<long?> Length(FileName name);

    /// <summary>Deletes a file, if it is there.</summary>
    Task Delete(FileName name);

    /// <summary>Returns the files whose names begin with a byte.</summary>
    Task<ImmutableArray<FileName>> List(int part);

    /// <summary>
    /// Removes what is left of uploads that were neither published nor disposed, and to which nothing was written for a time. Returns how
    /// many.
    /// </summary>
    Task<int> DiscardLeft(TimeSpan silence);
}

/// <summary>Bytes on their way into the store. Disposal discards them unless they were published. Used by one caller at a time.</summary>
public interface IFileUpload : IAsyncDisposable
{
    /// <summary>The number of bytes written so far.</summary>
    long Bytes { get; }

    /// <summary>
    /// Appends bytes. Throws <see cref="FileStoreFullException"/> or <see cref="StoreUnavailableException"/>; the upload can then only be
    /// disposed.
    /// </summary>
    ValueTask Write(ReadOnlyMemory<byte> bytes);

    /// <summary>Ends the writing, and returns the name and the size.</summary>
    StoredFile Seal();

    /// <summary>Opens what was written, before or after the seal, and before it is published.</summary>
    Stream Read();
}
