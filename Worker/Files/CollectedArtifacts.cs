using Microsoft.Win32.SafeHandles;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// The artifacts of an attempt, with copies of their bytes in a file that has no name: the space is free again once this is disposed, or
/// the process ends. Files with the same bytes share one copy.
/// </summary>
internal sealed class CollectedArtifacts(SafeFileHandle bytes, IReadOnlyList<CollectedFile> files) : IDisposable
{
    /// <summary>The artifacts, in the order of their paths.</summary>
    internal IReadOnlyList<CollectedFile> Files { get; } = files;

    /// <summary>The sum of their sizes.</summary>
    internal long TotalBytes { get; } = files.Sum(static file => file.Size);

    /// <summary>Reads bytes of one of them. Returns how many; 0 at its end.</summary>
    internal int Read(CollectedFile file, long offset, Memory<byte> buffer) =>
        RandomAccess.Read(bytes, buffer.Span[..(int)Math.Min(buffer.Length, Math.Max(0, file.Size - offset))], file.Offset + offset);

    /// <inheritdoc/>
    public void Dispose() => bytes.Dispose();
}
