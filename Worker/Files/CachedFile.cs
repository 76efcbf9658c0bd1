namespace OrleansTasks.Worker.Files;

/// <summary>A complete file in the cache, which stays there until this object is disposed.</summary>
/// <param name="path">Its path.</param>
/// <param name="size">Its size in bytes.</param>
/// <param name="release">Called once, when it is not needed any more.</param>
internal sealed class CachedFile(string path, long size, Action release) : IDisposable
{
    private Action? release = release;

    /// <summary>Its path.</summary>
    internal string Path { get; } = path;

    /// <summary>Its size in bytes.</summary>
    internal long Size { get; } = size;

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref release, null)?.Invoke();
}
