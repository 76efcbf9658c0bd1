using System.Text.RegularExpressions;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The table of transitions, and the page that shows it.</summary>
public sealed partial class TransitionTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Root(), "docs", "state-machine.md"));

    [Fact]
    public void Documentation_Table_IsTheCodes()
    {
        var documented = TableRow().Matches(Page)
            .Select(static row => (Of(row.Groups[1].Value), Enum.Parse<TaskTrigger>(row.Groups[2].Value), Of(row.Groups[3].Value)));
        Assert.Equal(TaskTransitions.All, documented);
    }

    [Fact]
    public void Documentation_Diagram_IsTheCodes()
    {
        var drawn = Arrow().Matches(Page).SelectMany(static arrow => arrow.Groups[3].Value.Split(", ")
            .Select(trigger => (Of(arrow.Groups[1].Value), Enum.Parse<TaskTrigger>(trigger), Of(arrow.Groups[2].Value))));
        Assert.Equal(TaskTransitions.All.Order(), drawn.Order());
    }

    [Fact]
    public void Next_EveryPairThatIsNotListed_IsRefused()
    {
        foreach (var from in TaskStates.All)
        {
            foreach (var trigger in Enum.GetValues<TaskTrigger>())
            {
                var listed = TaskTransitions.All.Where(known => known.From == from && known.Trigger == trigger).ToArray();
                if (listed.Length == 1)
                    Assert.Equal(listed[0].To, TaskTransitions.Next(from, trigger));
                else
                    Assert.Throws<InvalidOperationException>(() => TaskTransitions.Next(from, trigger));
            }
        }
    }

    [Fact]
    public void All_Succeeded_IsLeftByNothing() =>
        Assert.DoesNotContain(TaskTransitions.All, static known => known.From == TaskState.Succeeded);

    private static TaskState Of(string name) =>
        TaskStates.TryParse(name, out var state) ? state : throw new InvalidDataException($"There is no state '{name}'.");

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansTasks.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests must run inside the repository.");
        return folder.FullName;
    }

    [GeneratedRegex(@"^\| (\w+) \| ([A-Z]\w+) \| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex TableRow();

    [GeneratedRegex(@"^    (\w+) --> (\w+): ([A-Z]\w+(?:, \w+)*)$", RegexOptions.Multiline)]
    private static partial Regex Arrow();
}
