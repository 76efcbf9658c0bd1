using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>Identifies one stream of one attempt, and the file that holds it.</summary>
internal readonly record struct OutputKey(TaskId Task, int Attempt, LeaseToken Token, OutputStream Stream)
{
    /// <summary>
    /// Returns the part that a task belongs to (<see cref="IOutputStore.Parts"/>): the last byte of its id.
    /// </summary>
    internal static int PartOf(TaskId task) => (int)(task.Low & 0xff);

    /// <summary>Returns a part's folder below the root: the byte as two hexadecimal digits.</summary>
    internal static string FolderOf(int part) => part.ToString("x2", CultureInfo.InvariantCulture);

    /// <summary>Parses a file name. Returns null if it is not an output file's name.</summary>
    internal static OutputFiles? TryParse(TaskId task, ReadOnlySpan<char> name)
    {
        var dash = name.IndexOf('-');
        // After the dash: 32 hexadecimal digits of the token and a suffix of 4 characters.
        return dash > 0 && name.Length == dash + 37 && (name[^4..] is ".out" or ".err" or ".idx")
            && int.TryParse(name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && ulong.TryParse(name.Slice(dash + 1, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            && ulong.TryParse(name.Slice(dash + 17, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
                ? new OutputFiles(task, attempt, new LeaseToken(high, low))
                : null;
    }

    /// <summary>
    /// Returns the folder of a task's output below the root. The last digits of ids are random, so tasks spread evenly.
    /// </summary>
    internal static string FolderOf(TaskId task)
    {
        var id = task.ToString();
        return Path.Combine(id[^2..], id);
    }

    /// <summary>The file's path, relative to the root.</summary>
    internal string RelativePath => Path.Combine(FolderOf(Task), FileName);

    private string FileName => $"{Attempt}-{Token}.{Suffix}";

    private string Suffix => Stream switch
    {
        OutputStream.Stdout => "out",
        OutputStream.Stderr => "err",
        _ => "idx",
    };
}
