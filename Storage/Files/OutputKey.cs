using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>Names one stream of one attempt, and the file that holds it.</summary>
internal readonly record struct OutputKey(TaskId Task, int Attempt, LeaseToken Token, OutputStream Stream)
{
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
