using System.Globalization;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>Names one stream of one attempt, and the file that holds it.</summary>
internal readonly record struct OutputKey(TaskId Task, int Attempt, LeaseToken Token, OutputStream Stream)
{
    /// <summary>The part of all tasks that one belongs to: the last byte of its id.</summary>
    internal static int PartOf(TaskId task) => (int)(task.Low & 0xff);

    /// <summary>The folder of a part below the root: the byte's two digits.</summary>
    internal static string FolderOf(int part) => part.ToString("x2", CultureInfo.InvariantCulture);

    /// <summary>Reads the name of a file; null when no output is filed under such a name.</summary>
    internal static OutputFiles? TryParse(TaskId task, ReadOnlySpan<char> name)
    {
        var dash = name.IndexOf('-');
        return dash > 0 && name.Length == dash + 37 && (name[^4..] is ".out" or ".err")
            && int.TryParse(name[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var attempt)
            && ulong.TryParse(name.Slice(dash + 1, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var high)
            && ulong.TryParse(name.Slice(dash + 17, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var low)
                ? new OutputFiles(task, attempt, new LeaseToken(high, low))
                : null;
    }

    /// <summary>The folder of a task's output below the root: spread by the last, random, digits of the id.</summary>
    internal static string FolderOf(TaskId task)
    {
        var id = task.ToString();
        return Path.Combine(id[^2..], id);
    }

    /// <summary>The file's path below the root.</summary>
    internal string RelativePath => Path.Combine(FolderOf(Task), FileName);

    private string FileName => $"{Attempt}-{Token}.{(Stream == OutputStream.Stdout ? "out" : "err")}";
}
