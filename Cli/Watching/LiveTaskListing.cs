using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Tasks;

namespace OrleansTasks.Cli.Watching;

/// <summary>Shows tasks again every second: in place on a terminal, and as one line per change in a pipe.</summary>
/// <param name="read">Reads the tasks.</param>
/// <param name="output">The output.</param>
/// <param name="printer">Formats the lines in a pipe.</param>
/// <param name="isDone">Returns whether nothing more can change; null if changes are always possible.</param>
internal sealed class LiveTaskListing(
    Func<CancellationToken, Task<JsonArray>> read, TextWriter output, Printer printer,
    Func<JsonArray, bool>? isDone = null)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, string> seen = new(StringComparer.Ordinal);
    private readonly Patience patience = new(TimeProvider.System);

    /// <summary>Runs until nothing more can change, and returns the tasks as last read. Throws on Ctrl-C.</summary>
    public async Task<JsonArray> Run(CancellationToken cancellation)
    {
        JsonArray tasks;
        using (var screen = Screen.Open(output))
        {
            while (true)
            {
                tasks = await patience.Repeat(() => read(cancellation), cancellation);
                if (screen is null)
                    Tell(tasks);
                else
                    Draw(screen, tasks);
                if (isDone?.Invoke(tasks) == true)
                    break;
                await Task.Delay(Period, TimeProvider.System, cancellation);
            }
        }

        return tasks;
    }

    private void Draw(Screen screen, JsonArray tasks)
    {
        var shown = tasks.OfType<JsonNode>().ToArray();
        var showsProgress = shown.Any(static task => TaskListing.Progress(task).Length > 0);
        var table = TaskListing.Of(shown, printer.IsWide, showsProgress);
        screen.Draw(width => table.Lines(width));
    }

    /// <summary>Writes new and changed tasks, oldest first.</summary>
    private void Tell(JsonArray tasks)
    {
        foreach (var task in tasks.OfType<JsonNode>().Reverse())
        {
            var id = task.Field("id");
            var version = string.Join(
                ' ', task.Field("state"), task.Field("attempt"), task.Field("version"), TaskListing.Progress(task));
            if (seen.TryGetValue(id, out var last) && last == version)
                continue;
            seen[id] = version;
            if (printer.IsForPeople)
                output.WriteLine(LineOf(task));
            else
                printer.Each(task, items => TaskListing.Of(items, printer.IsWide));
        }

        output.Flush();
    }

    private static string LineOf(JsonNode task)
    {
        string[] parts =
        [
            task.Field("id"), task.Field("state"), TaskListing.Reason(task), task.Field("node"),
            task.Field("attempt") is "0" or "" ? "" : $"attempt {task.Field("attempt")}", task.Field("name"),
            TaskListing.Progress(task),
        ];
        return TerminalText.Line(string.Join("  ", parts.Where(static part => part.Length > 0)));
    }
}
