using System.Text;
using System.Text.RegularExpressions;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;

namespace OrleansTasks.Simulation.Files;

/// <summary>
/// Checks the files that schedules name: after each commit the index has, for each schedule, exactly the names in its
/// stored body, and the bytes are there. After the last sweep, which <see cref="ArtifactReferee"/> checks, so are the
/// bytes of the schedules that are left.
/// </summary>
/// <param name="files">The stored bytes.</param>
/// <param name="index">The index of files.</param>
/// <param name="stored">What is stored, as of now.</param>
/// <param name="coverage">What has happened.</param>
internal sealed partial class FileReferee(
    MemoryFileStore files, MemoryFileIndex index, Func<ITaskStore> stored, Coverage coverage)
{
    private readonly List<string> owners = [];

    /// <summary>Watches a schedule.</summary>
    public void Watch(string schedule) => owners.Add(schedule);

    /// <summary>Looks at what the schedules name after a commit that is on the disk.</summary>
    public void Committed(QueueCommit commit)
    {
        if (owners.Count == 0 || commit.Schedules is null)
            return;
        var there = files.Names.ToHashSet();
        foreach (var owner in owners)
        {
            var named = NamedBy(owner);
            var known = index.NamedBy(new FileUse(FileUseKind.Schedule, owner)).ToHashSet();
            Violation.Unless(
                known.SetEquals(named), $"Schedule {owner} names {named.Count} files, and the index {known.Count}.");
            Violation.Unless(
                named.IsSubsetOf(there), $"Schedule {owner} names a file whose bytes are not stored.");
            if (named.Count > 0)
                coverage.Fire("files of a schedule");
        }
    }

    /// <summary>Returns the files that the schedules name which are left.</summary>
    public IEnumerable<FileName> Named()
    {
        var named = owners.SelectMany(NamedBy).ToHashSet();
        if (named.Count > 0)
            coverage.Fire("files of schedules at the end");
        return named;
    }

    // From the text: the product's reader may be what is wrong.
    private HashSet<FileName> NamedBy(string schedule)
    {
        if (stored().Schedules.Get(schedule).Result is not { } found)
            return [];
        var text = Encoding.UTF8.GetString(found.Body.Spec.Span);
        return [.. NameText().Matches(text).Select(static match => Read(match.Value))];
    }

    private static FileName Read(string text) =>
        FileName.TryParse(text, out var name) ? name : throw new Violation($"The stored name {text} cannot be read.");

    [GeneratedRegex("sha256:[0-9a-f]{64}")]
    private static partial Regex NameText();
}
