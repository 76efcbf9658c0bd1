namespace OrleansTasks.Processing.Files;

/// <summary>
/// Identifies a file of a job's source, in the state in which the job began. A chunk of a file carries it in place of
/// items.
/// </summary>
/// <param name="Path">The path, without links; for a stored file, its name.</param>
/// <param name="Size">The size in bytes.</param>
/// <param name="Modified">
/// The time of the last write, in UTC ticks; for a stored file, which never changes, <see cref="Start"/>.
/// </param>
public sealed record FilePart(string Path, long Size, long Modified)
{
    /// <summary>Whether this is a stored file, which workers fetch from the service.</summary>
    public bool IsStored => FileName.TryParse(Path, out _);

    /// <summary>Where the file begins in a source of several files, in bytes.</summary>
    public long Start => IsStored ? Modified : 0;

    /// <summary>Returns a stored file of a source.</summary>
    public static FilePart OfStored(FileName name, long size, long start) => new(name.ToString(), size, start);

    /// <summary>Returns the binary form.</summary>
    public byte[] ToBytes()
    {
        var writer = new ByteWriter();
        Write(writer);
        return writer.ToArray();
    }

    /// <summary>Writes the binary form.</summary>
    public void Write(ByteWriter writer)
    {
        writer.Text(Path);
        writer.Signed(Size);
        writer.Signed(Modified);
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static FilePart Read(ref ByteReader reader) => new(reader.Text() ?? "", reader.Signed(), reader.Signed());
}
