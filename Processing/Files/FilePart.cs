namespace OrleansTasks.Processing.Files;

/// <summary>Names a file of a job's source as it was when the job began; a chunk of one carries it in place of its items.</summary>
/// <param name="Path">Its path, without links.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Modified">When it was last written, in ticks of UTC.</param>
public sealed record FilePart(string Path, long Size, long Modified)
{
    /// <summary>The binary form.</summary>
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

    /// <summary>Reads the binary form; throws <see cref="FormatException"/>.</summary>
    public static FilePart Read(ref ByteReader reader) => new(reader.Text() ?? "", reader.Signed(), reader.Signed());
}
