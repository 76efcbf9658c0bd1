using OrleansTasks.Processing.Files;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// The files of the service, as one attempt may use them: its inputs, and its artifacts. Calls can fail at any time and may be repeated,
/// unless they fail with a <see cref="FilePlaneException"/>, which says that repeating does not help.
/// </summary>
internal interface IFilePlane
{
    /// <summary>
    /// Returns the bytes of an input from an offset on, block by block. A block is valid until the next one is requested.
    /// </summary>
    /// <param name="name">The file's name.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="count">How many bytes are needed; 0 for all. An older service sends more.</param>
    /// <param name="cancellation">Ends the call.</param>
    IAsyncEnumerable<ReadOnlyMemory<byte>> Fetch(FileName name, long offset, long count, CancellationToken cancellation);

    /// <summary>
    /// Returns the bytes of several inputs, one file after the other. A block is valid until the next one is requested.
    /// </summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> FetchMany(IReadOnlyList<FileName> names, CancellationToken cancellation);

    /// <summary>Returns which of these files the service does not have.</summary>
    Task<IReadOnlyCollection<FileName>> Missing(IReadOnlyList<FileName> names, CancellationToken cancellation);

    /// <summary>Stores a file. Completes once it is durable.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="content">Reads from an offset into a buffer. Returns how many bytes it has read; 0 at the end.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task Store(FileName name, long size, Func<long, Memory<byte>, int> content, CancellationToken cancellation);

    /// <summary>Names artifacts of the attempt, whose files are stored. What was named before stays named.</summary>
    Task NameArtifacts(IReadOnlyList<CollectedFile> page, CancellationToken cancellation);
}
