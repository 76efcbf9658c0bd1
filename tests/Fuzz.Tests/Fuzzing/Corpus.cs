using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>
/// The inputs of a surface that are kept in the repository. Each run begins with them and mutates them.
/// </summary>
internal sealed class Corpus
{
    private Corpus(IReadOnlyList<(string Name, byte[] Input)> entries) => Entries = entries;

    /// <summary>The inputs with their files' names, in the order of the names.</summary>
    public IReadOnlyList<(string Name, byte[] Input)> Entries { get; }

    /// <summary>Reads the corpus of a surface.</summary>
    public static Corpus Read(string surface)
    {
        var folder = Path.Combine(BuiltPrograms.Repository, "tests", "Fuzz.Tests", "corpus", surface);
        // What shows a defect that is known would cost every test run its time; campaigns try it all the same.
        var known = Path.Combine(folder, "known");
        var files = FuzzSettings.EvidenceFile is not null && Directory.Exists(known)
            ? [.. Directory.GetFiles(folder), .. Directory.GetFiles(known)]
            : Directory.GetFiles(folder);
        var entries = files.Order(StringComparer.Ordinal)
            .Select(static file => (Path.GetFileName(file), File.ReadAllBytes(file))).ToArray();
        return entries.Length > 0 ? new Corpus(entries)
            : throw new InvalidOperationException($"The corpus {surface} is empty.");
    }

    /// <summary>Returns one of the inputs.</summary>
    public byte[] Pick(Random random) => random.Pick(Entries).Input;
}
