using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Queues;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Search;

/// <summary>Finds tasks, jobs, workflows, rollouts, queues, nodes and schedules by a search string.</summary>
/// <param name="grains">The grains to read from.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class SearchCalls(GatewayGrains grains, LongReads reads, TimeProvider time)
{
    private const int Most = SearchAnswer.Most;
    private const int MostJobs = 200;
    private const int MostSchedules = 500;
    private const int MostRollouts = 50;

    /// <summary>How long a search takes by default, and the longest time that a caller may request.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100), LongestPatience = TimeSpan.FromSeconds(10);

    private static readonly string[] Types = ["queue", "node", "schedule", "job", "workflow", "rollout", "task"];

    /// <summary>The query parameters.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new("q", "The beginning of an id, a part of a name or command (ignoring case), or a label as key=value.", "rsync"),
        new("type", "Only results of this type: task, job, workflow, rollout, queue, node or schedule.", "task"),
        new("wait", "Maximum time to search, up to 10s; by default 100ms.", "2s"),
    ];

    /// <summary>Returns the results found within the time that the caller allows.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var text = FilterQuery.TextOf("q", query.Text("q")) ?? throw QueryValues.Refuse("'q' must contain the text to find.");
        var type = query.Text("type");
        if (type is not null && !Types.Contains(type))
            throw QueryValues.Refuse($"'type' must be one of {string.Join(", ", Types)}.");
        var wait = query.Duration("wait", LongestPatience) ?? Patience;
        var types = Types.Where(one => type is null || one == type).ToArray();
        var (found, isComplete) = await reads.Run(context, cancellation => Find(types, text, wait, cancellation));
        await ContractJson.Send(context, new SearchAnswer(found.Take(Most), isComplete));
    }

    private async Task<(IEnumerable<Found> Found, bool IsComplete)> Find(
        string[] types, string text, TimeSpan wait, CancellationToken cancellation)
    {
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var searches = types.Select(type => Find(type, text, answered.Token)).ToArray();
        await Task.WhenAny(Task.WhenAll(searches), Task.Delay(wait, time, cancellation));
        var ended = searches.Where(static search => search.IsCompleted).ToArray();
        // Cancel the searches that are still running: their results are no longer needed.
        await answered.CancelAsync();
        // If a search failed, the call fails, because its results are unknown.
        return ((await Task.WhenAll(ended)).SelectMany(static found => found), ended.Length == searches.Length);
    }

    private Task<IEnumerable<Found>> Find(string type, string text, CancellationToken cancellation) => type switch
    {
        "queue" => Queues(text),
        "node" => Nodes(text),
        "schedule" => Schedules(text),
        "job" => Jobs(text, cancellation),
        "workflow" => Workflows(text, cancellation),
        "rollout" => Rollouts(text),
        _ => Tasks(text, cancellation),
    };

    private async Task<IEnumerable<Found>> Queues(string text) =>
        (await QueueCalls.ReadAll(grains)).Keys.Where(name => Has(name, text)).Select(static name => new Found("queue", name, name, ""));

    private async Task<IEnumerable<Found>> Nodes(string text) =>
        (await grains.Fleet.List()).Where(node => Has(node.Id, text) || IsLabel(node.Labels, text))
            .Select(static node => new Found("node", node.Id, node.Id, node.State.Name()));

    private async Task<IEnumerable<Found>> Schedules(string text) =>
        (await grains.Schedules.List(null, null, null, MostSchedules)).Where(schedule => Has(schedule.Id, text))
            .Select(static schedule => new Found("schedule", schedule.Id, schedule.Id, $"queue {schedule.Queue}"));

    private async Task<IEnumerable<Found>> Jobs(string text, CancellationToken cancellation)
    {
        var named = await grains.Jobs.List(JobFilter.All, null, MostJobs, cancellation);
        var found = named.Where(job => Has(job.Name, text)).ToList();
        if (IdPrefix.Parse(text) is { } prefix)
        {
            var begun = await grains.Jobs.List(JobFilter.All, prefix.Above, Most, cancellation);
            found.AddRange(begun.Where(job => prefix.Matches(job.Id)));
        }

        return found.DistinctBy(static job => job.Id)
            .Select(static job => new Found("job", job.Id.ToString(), job.Name, job.State.Name()));
    }

    private async Task<IEnumerable<Found>> Workflows(string text, CancellationToken cancellation)
    {
        var found = (await grains.Workflows.List(WorkflowFilter.All with { Text = text }, null, Most, cancellation)).ToList();
        if (IdPrefix.Parse(text) is { } prefix)
        {
            var begun = await grains.Workflows.List(
                WorkflowFilter.All with { CreatedAfter = prefix.From - 1 }, prefix.Above, Most, cancellation);
            found.AddRange(begun.Where(workflow => prefix.Matches(workflow.Id)));
        }

        return found.DistinctBy(static workflow => workflow.Id)
            .Select(static workflow => new Found(
                "workflow", workflow.Id.ToString(), workflow.Name, $"{workflow.State.Name()}, queue {workflow.Queue}"));
    }

    private async Task<IEnumerable<Found>> Rollouts(string text)
    {
        var named = await grains.Rollouts.List(null, MostRollouts);
        var found = named.Where(rollout => Has(rollout.Name, text)).ToList();
        if (IdPrefix.Parse(text) is { } prefix)
        {
            var begun = await grains.Rollouts.List(prefix.Above, Most);
            found.AddRange(begun.Where(rollout => prefix.Matches(rollout.Id)));
        }

        return found.DistinctBy(static rollout => rollout.Id)
            .Select(static rollout => new Found(
                "rollout", rollout.Id.ToString(), rollout.Name, $"{rollout.State.Name()}, queue {rollout.Queue}"));
    }

    private async Task<IEnumerable<Found>> Tasks(string text, CancellationToken cancellation)
    {
        var found = new List<TaskRecord>();
        if (IdPrefix.Parse(text) is { } prefix)
        {
            var begun = await Rows(TaskFilter.All with { CreatedAfter = prefix.From - 1 }, prefix.Above, Most, cancellation);
            found.AddRange(begun.Where(task => prefix.Matches(task.Id)));
        }

        if (LabelOf(text) is { } label)
            found.AddRange(await Rows(TaskFilter.All with { Labels = [label] }, null, Most, cancellation));
        if (found.Count < Most)
            found.AddRange(await Rows(TaskFilter.All with { Text = text }, null, Most, cancellation));
        return found.DistinctBy(static task => task.Id)
            .Select(static task => new Found("task", task.Id.ToString(), TitleOf(task), $"{task.State.Name()}, queue {task.Queue}"));
    }

    /// <summary>
    /// Returns a task's name or, if the name only repeats a part of the command, the command: the name is the beginning
    /// of the command, or the one that a task gets by default.
    /// </summary>
    private static string TitleOf(TaskRecord task) =>
        task.Command is { } command
        && (command.StartsWith(task.Name, StringComparison.Ordinal) || CommandName.Of(command) == task.Name)
            ? command
            : task.Name;

    private async Task<IEnumerable<TaskRecord>> Rows(TaskFilter filter, TaskId? before, int limit, CancellationToken cancellation) =>
        await grains.Tasks.ListBy(
            new TaskListQuery(filter, TaskSort.Created, 0, before is { } id ? new TaskPosition(0, id) : null, limit, AsRows: true), cancellation) ?? [];

    private static bool Has(string name, string text) => name.Contains(text, StringComparison.OrdinalIgnoreCase);

    private static bool IsLabel(ImmutableArray<Label> labels, string text) => LabelOf(text) is { } label && labels.Contains(label);

    private static Label? LabelOf(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 && SpecRules.IsLabelKey(text.AsSpan(0, at)) && SpecRules.FaultOfLabelValue(text[(at + 1)..]) is null
            ? new Label(text[..at], text[(at + 1)..])
            : null;
    }
}
