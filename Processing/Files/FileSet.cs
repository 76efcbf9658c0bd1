namespace OrleansTasks.Processing.Files;

/// <summary>
/// The files of a job's source, one after the other. A place counts the bytes of all files before it. No line continues
/// in the next file.
/// </summary>
public sealed class FileSet
{
    // The path of an entry that precedes several files and has their number instead of a time.
    private const string Several = "";

    private FileSet(ImmutableArray<FilePart> parts) => Parts = parts;

    /// <summary>The files, without empty ones unless all are empty.</summary>
    public ImmutableArray<FilePart> Parts { get; }

    /// <summary>The bytes of all files.</summary>
    public long Size => Parts[^1].Start + Parts[^1].Size;

    /// <summary>Returns the set of one file.</summary>
    public static FileSet Of(FilePart file) => new([file]);

    /// <summary>Returns the set of stored files; at least one is given.</summary>
    public static FileSet Of(IReadOnlyList<(FileName Name, long Size)> files)
    {
        var parts = ImmutableArray.CreateBuilder<FilePart>();
        var start = 0L;
        foreach (var (name, size) in files)
        {
            if (size > 0 || files.Count == 1)
                parts.Add(FilePart.OfStored(name, size, start));
            start += size;
        }

        return new FileSet(parts.Count > 0 ? parts.DrainToImmutable() : [FilePart.OfStored(files[0].Name, 0, 0)]);
    }

    /// <summary>Returns the file at a place, and the place at which the file ends.</summary>
    public (FilePart File, long End) At(long place)
    {
        var (first, last) = (0, Parts.Length - 1);
        while (first < last)
        {
            var middle = (first + last + 1) / 2;
            (first, last) = Parts[middle].Start <= place ? (middle, last) : (first, middle - 1);
        }

        return (Parts[first], Parts[first].Start + Parts[first].Size);
    }

    /// <summary>Writes the binary form, which for one file is that of the file.</summary>
    public void Write(ByteWriter writer)
    {
        if (Parts.Length > 1)
            new FilePart(Several, Size, Parts.Length).Write(writer);
        foreach (var part in Parts)
            part.Write(writer);
    }

    /// <summary>Reads the binary form. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static FileSet Read(ref ByteReader reader)
    {
        var first = FilePart.Read(ref reader);
        if (first.Path != Several || first.Modified < 2)
            return new FileSet([first]);
        var parts = ImmutableArray.CreateBuilder<FilePart>();
        for (var i = 0L; i < first.Modified; i++)
            parts.Add(FilePart.Read(ref reader));
        return new FileSet(parts.DrainToImmutable());
    }
}
