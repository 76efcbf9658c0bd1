using System.Security.Cryptography;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Stores the coarsest resolution of all series in a file: a checksum, then each series with its steps.
/// An unreadable file counts as missing; only figures are lost.
/// </summary>
internal static class SeriesFile
{
    private const int Version = 1;

    /// <summary>Replaces the file. Throws <see cref="IOException"/> if it cannot be written.</summary>
    public static void Write(string path, byte[] content)
    {
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write))
        {
            file.Write(SHA256.HashData(content));
            file.Write(content);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Returns the content of a file; null if it does not exist or cannot be read.</summary>
    public static SeriesBook? Read(string path)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            return bytes.Length > SHA256.HashSizeInBytes
                && SHA256.HashData(bytes.AsSpan(SHA256.HashSizeInBytes)).AsSpan()
                    .SequenceEqual(bytes.AsSpan(0, SHA256.HashSizeInBytes))
                ? Read(new BinaryReader(new MemoryStream(bytes, SHA256.HashSizeInBytes,
                    bytes.Length - SHA256.HashSizeInBytes)))
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns the file content for all finished steps of the series.</summary>
    public static byte[] ContentOf(SeriesBook book)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Version);
        writer.Write(book.Now);
        var known = book.All.Where(static one => one.Ring(SeriesSpan.Stored).Last >= 0).ToArray();
        writer.Write(known.Length);
        foreach (var series in known)
        {
            var ring = series.Ring(SeriesSpan.Stored);
            var first = Math.Max(ring.First, ring.Last - SeriesSpan.All[SeriesSpan.Stored].Steps + 1);
            writer.Write(series.Id.Name);
            writer.Write(series.Id.By);
            writer.Write(series.Id.Key);
            writer.Write(series.Unit);
            writer.Write((byte)series.Kind);
            writer.Write(first);
            writer.Write((int)(ring.Last - first + 1));
            for (var step = first; step <= ring.Last; step++)
                writer.Write(ring[step]);
        }

        writer.Flush();
        return content.ToArray();
    }

    private static SeriesBook? Read(BinaryReader reader)
    {
        if (reader.ReadInt32() != Version)
            return null;
        var book = new SeriesBook();
        book.Finish(reader.ReadInt64());
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var id = new SeriesId(reader.ReadString(), reader.ReadString(), reader.ReadString());
            var series = book.Of(id, reader.ReadString(), (SeriesKind)reader.ReadByte());
            var (step, count) = (reader.ReadInt64(), reader.ReadInt32());
            for (var end = step + count; step < end; step++)
            {
                var value = reader.ReadSingle();
                if (!float.IsNaN(value))
                    series.Restore(SeriesSpan.Stored, step, value);
            }
        }

        return book;
    }
}
