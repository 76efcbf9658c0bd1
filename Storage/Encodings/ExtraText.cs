using System.Globalization;
using System.Text;
using OrleansTasks.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of properties that few tasks have, one line for each. Nothing is stored for a task without any.
/// <code>
/// node NAME                 its workflow node; always the first line
/// each                      it is the own task of a node with forEach
/// job                       it is the own task of a node with a data job
/// item INDEX ID             the item that it runs for, and the id of the forEach node's own task
/// concurrency LIMIT KEY     its concurrency key, which may have spaces but no line breaks
/// resources cpu=2500 gpu=1  what it needs of its node (ResourceVector)
/// resources memory=9; 18    the same after an attempt ran out of memory, and the bytes that the next one reserves
/// lasts 65000               how long an attempt runs at most, in milliseconds; only with resources
/// unique WHILE THEN DEBOUNCE MAX SINCE KEY
///                           its unique key: enumerations as numbers, times in milliseconds, a key as in concurrency
/// after ID ID:f ID:e        the tasks that it waits for: until they succeed, fail (f) or end (e)
/// by KEY TAB NAME TAB SAYS  who submitted it; always the last line
/// </code>
/// </summary>
internal static class ExtraText
{
    private const string Concurrency = "concurrency ";
    private const string Unique = "unique ";
    private const string After = "after ";
    private const string Node = "node ";
    private const string Each = "each";
    private const string Item = "item ";
    private const string Job = "job";
    private const string Resources = "resources ";
    private const string Lasts = "lasts ";
    private const string SubmittedBy = "by ";

    // The suffixes of the conditions, by the numbers of EndCondition: succeeded, failed, ended.
    private static readonly string[] Suffixes = ["", ":f", ":e"];

    /// <summary>The maximum length of a text worth sharing between tasks. Longer texts are rarely equal.</summary>
    internal const int LongestShared = 512;

    /// <summary>Returns the text; null for a task that has none of these properties.</summary>
    internal static string? Write(TaskSubmission task)
    {
        var lines = new List<string>();
        if (task.WorkflowNode is { } node)
            lines.Add(Node + node);
        if (task.IsForEach)
            lines.Add(Each);
        if (task.IsJob)
            lines.Add(Job);
        if (task.Item is { } item)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Item}{item.Index} {item.Node}"));
        if (task.Concurrency is { } key)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Concurrency}{key.Limit} {key.Key}"));
        if (task.Resources is { IsEmpty: false } resources)
            lines.Add(Resources + resources);
        if (task.Lasts > 0)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Lasts}{task.Lasts}"));
        if (task.Unique is { } unique)
        {
            lines.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"{Unique}{(int)unique.While} {(int)unique.Then} {unique.Debounce} {unique.DebounceMax} ")
                + string.Create(CultureInfo.InvariantCulture, $"{unique.Since} {unique.Key}"));
        }

        if (task.After is { IsEmpty: false } after)
            lines.Add(After + string.Join(' ', after.Select(static one => one.Task + Suffixes[(int)one.On])));
        if (task.Submitter is { } by)
            lines.Add($"{SubmittedBy}{by.Key}\t{by.KeyName}\t{by.Says}");
        return lines.Count == 0 ? null : string.Join('\n', lines);
    }

    /// <summary>Returns the name of the workflow node that a task is, or null. Reads only the first line.</summary>
    internal static string? NodeOf(ReadOnlySpan<byte> text)
    {
        if (!IsOfNode(text))
            return null;
        var end = text.IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(text[Node.Length..(end < 0 ? text.Length : end)]);
    }

    /// <summary>Returns whether a task is a workflow node.</summary>
    internal static bool IsOfNode(ReadOnlySpan<byte> text) => text.StartsWith("node "u8);

    /// <summary>
    /// Returns whether a task is a node with <c>forEach</c>. Relies on <c>each</c> being neither the first nor the last
    /// line:
    /// <c>node</c> precedes it, and a <c>forEach</c> node waits for another node, so <c>after</c> follows it.
    /// </summary>
    internal static bool IsForEach(ReadOnlySpan<byte> text) =>
        text.IndexOf(Encoding.UTF8.GetBytes('\n' + Each + '\n')) >= 0;

    /// <summary>Returns the index of the item that a task runs for, or null.</summary>
    internal static int? ItemOf(ReadOnlySpan<byte> text)
    {
        var name = Encoding.UTF8.GetBytes('\n' + Item);
        return text.IndexOf(name) is var at and >= 0
            && System.Buffers.Text.Utf8Parser.TryParse(text[(at + name.Length)..], out int index, out _)
            ? index
            : null;
    }

    /// <summary>Returns who submitted a task, or null. Reads only the last line.</summary>
    internal static Submitter? SubmitterOf(ReadOnlySpan<byte> text)
    {
        var last = text[(text.LastIndexOf((byte)'\n') + 1)..];
        if (!last.StartsWith("by "u8)
            || Encoding.UTF8.GetString(last[SubmittedBy.Length..]).Split('\t') is not [var key, var name, var says])
            return null;
        // A key may have an empty name; without a key there is none.
        return new Submitter(key.Length > 0 ? key : null, key.Length > 0 ? name : null, says.Length > 0 ? says : null);
    }

    /// <summary>Parses the stored text. Throws <see cref="FormatException"/> if it is malformed.</summary>
    internal static TaskExtra Read(ReadOnlySpan<byte> text)
    {
        var extra = TaskExtra.None;
        foreach (var line in Encoding.UTF8.GetString(text).Split('\n'))
        {
            if (line.StartsWith(Concurrency, StringComparison.Ordinal))
                extra = extra with { Concurrency = ReadConcurrency(line) };
            else if (line.StartsWith(Unique, StringComparison.Ordinal))
                extra = extra with { Unique = ReadUnique(line) };
            else if (line.StartsWith(Node, StringComparison.Ordinal))
                extra = extra with { WorkflowNode = line[Node.Length..] };
            else if (line == Each)
                extra = extra with { IsForEach = true };
            else if (line == Job)
                extra = extra with { IsJob = true };
            else if (line.StartsWith(Item, StringComparison.Ordinal))
                extra = extra with { Item = ReadItem(line) };
            else if (line.StartsWith(Resources, StringComparison.Ordinal))
                extra = ReadResources(extra, line);
            else if (line.StartsWith(Lasts, StringComparison.Ordinal))
                extra = extra with { Lasts = ReadLasts(line) };
            else if (line.StartsWith(After, StringComparison.Ordinal))
                extra = extra with { After = [.. line[After.Length..].Split(' ').Select(ReadDependency)] };
            else if (!line.StartsWith(SubmittedBy, StringComparison.Ordinal))
                throw new FormatException("A task's stored concurrency key and dependencies cannot be read.");
        }

        return extra;
    }

    /// <summary>Returns the text of a task whose next attempt reserves another amount of memory, in bytes.</summary>
    internal static string WithReservedMemory(string text, long bytes) => string.Join('\n', text.Split('\n').Select(line =>
        line.StartsWith(Resources, StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"{line.Split(';')[0]}; {bytes}")
            : line));

    private static TaskExtra ReadResources(TaskExtra extra, string line)
    {
        var parts = line[Resources.Length..].Split("; ");
        var reserved = 0L;
        if (parts.Length > 2
            || (parts.Length == 2 && !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out reserved)))
            throw new FormatException("A task's stored memory cannot be read.");
        return extra with { Resources = ResourceVector.Parse(parts[0]), ReservedMemory = reserved };
    }

    private static TaskConcurrency ReadConcurrency(string line)
    {
        var space = line.IndexOf(' ', Concurrency.Length);
        if (space < 0
            || !int.TryParse(line.AsSpan(Concurrency.Length, space - Concurrency.Length), CultureInfo.InvariantCulture, out var limit))
            throw new FormatException("A task's stored concurrency key cannot be read.");
        return new TaskConcurrency(line[(space + 1)..], limit);
    }

    private static TaskUnique ReadUnique(string line)
    {
        if (line[Unique.Length..].Split(' ', 6)
            is not [var during, var then, var debounce, var most, var since, var key]
            || !byte.TryParse(during, CultureInfo.InvariantCulture, out var whileNumber)
            || !byte.TryParse(then, CultureInfo.InvariantCulture, out var thenNumber)
            || !long.TryParse(debounce, CultureInfo.InvariantCulture, out var pause)
            || !long.TryParse(most, CultureInfo.InvariantCulture, out var longest)
            || !long.TryParse(since, CultureInfo.InvariantCulture, out var first))
            throw new FormatException("A task's stored unique key cannot be read.");
        return new TaskUnique(key, (UniqueWhile)whileNumber, (UniqueThen)thenNumber)
        {
            Debounce = pause, DebounceMax = longest, Since = first,
        };
    }

    private static long ReadLasts(string line) =>
        long.TryParse(line.AsSpan(Lasts.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? milliseconds
            : throw new FormatException("A task's stored longest run time cannot be read.");

    private static WorkflowItem ReadItem(string line) =>
        line[Item.Length..].Split(' ') is [var index, var node] && TaskId.TryParse(node, out var task)
        && int.TryParse(index, CultureInfo.InvariantCulture, out var number)
            ? new WorkflowItem(task, number)
            : throw new FormatException("A task's stored item cannot be read.");

    private static TaskDependency ReadDependency(string item)
    {
        var on = item.Length < TaskId.TextLength ? -1 : Array.IndexOf(Suffixes, item[TaskId.TextLength..]);
        if (on < 0 || !TaskId.TryParse(item.AsSpan(0, TaskId.TextLength), out var task))
            throw new FormatException("A task's stored dependencies cannot be read.");
        return new TaskDependency(task, (EndCondition)on);
    }
}
