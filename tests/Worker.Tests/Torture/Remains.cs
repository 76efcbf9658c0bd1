using System.Globalization;

namespace OrleansTasks.Worker.Tests.Torture;

/// <summary>
/// Finds what is left of tasks, by three signs: a task's id in the environment, descent from this process (which takes in every
/// orphan below it), and its session.
/// </summary>
internal static class Remains
{
    private sealed record Seen(int Pid, string Name, char State, int Parent, int Session, string Start);

    /// <summary>Every process that is below this one now; what is there before a test is none of its tasks'.</summary>
    public static HashSet<string> Before() => [.. Below(All()).Select(Key)];

    /// <summary>What is left, zombies included, as text to read; empty when all is as it was.</summary>
    public static List<string> Of(HashSet<string> before, string mark, IReadOnlyCollection<int> sessions)
    {
        var all = All();
        var below = Below(all).ToHashSet();
        return
        [
            .. all.Where(seen => !before.Contains(Key(seen)) && seen.Pid != Environment.ProcessId
                    && (below.Contains(seen) || sessions.Contains(seen.Session) || IsMarked(seen, mark)))
                .Select(static seen => string.Create(CultureInfo.InvariantCulture,
                    $"{seen.Pid} {seen.Name} state {seen.State} parent {seen.Parent} session {seen.Session}")),
        ];
    }

    private static string Key(Seen seen) => $"{seen.Pid}/{seen.Start}";

    private static bool IsMarked(Seen seen, string mark) =>
        Read($"/proc/{seen.Pid}/environ")?.Contains($"TASK_ID={mark}", StringComparison.Ordinal) ?? false;

    private static IEnumerable<Seen> Below(List<Seen> all)
    {
        var children = all.ToLookup(static seen => seen.Parent);
        var next = new Queue<int>([Environment.ProcessId]);
        while (next.TryDequeue(out var parent))
        {
            foreach (var child in children[parent])
            {
                yield return child;
                next.Enqueue(child.Pid);
            }
        }
    }

    private static List<Seen> All()
    {
        var all = new List<Seen>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid)) continue;
            if (Read($"{folder}/stat") is not { } stat) continue;
            var close = stat.LastIndexOf(')');
            var fields = stat[(close + 2)..].Split(' ');
            all.Add(new(pid, stat[(stat.IndexOf('(') + 1)..close], fields[0][0],
                int.Parse(fields[1], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture), fields[19]));
        }

        return all;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
