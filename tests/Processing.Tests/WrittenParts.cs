using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Tests;

/// <summary>A file of bytes, and its parts as chunks read them.</summary>
internal sealed class WrittenParts : IDisposable
{
    private readonly string path = Path.GetTempFileName();

    public void Dispose() => File.Delete(path);

    /// <summary>Writes the file, cuts it at some bytes, and reads all parts.</summary>
    public ChunkInput[] Cut(byte[] bytes, ItemFormat format, params int[] cuts)
    {
        File.WriteAllBytes(path, bytes);
        var file = new FilePart(path, bytes.Length, File.GetLastWriteTimeUtc(path).Ticks).ToBytes();
        var quotes = new FileQuotes();
        int[] ends = [0, .. cuts, bytes.Length];
        return
        [
            .. ends.Distinct().Order().ToArray() is var places ? places.Zip(places.Skip(1), (from, to) =>
                FileChunk.Load(new ChunkInput(format, from, to - from, file), static path => File.OpenHandle(path), quotes, default)) : [],
        ];
    }
}
