using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Rollouts;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Files;

/// <summary>
/// Checks that what tasks name as files is there. Named files then stay for a day, long before which the commit that stores the task has
/// recorded that it names them.
/// </summary>
/// <param name="grains">The stored files and the tasks.</param>
public sealed class FileCheck(GatewayGrains grains)
{
    /// <summary>Returns why a task must not be accepted; null if it may be, as far as its files are concerned.</summary>
    internal ValueTask<Problem?> RefusalOf(TaskSpec spec) => spec.Files.IsEmpty ? default : RefusalOf([(spec, "")]);

    /// <summary>Returns why a batch must not be accepted; null if it may be, as far as its tasks' files are concerned.</summary>
    internal ValueTask<Problem?> RefusalOf(IEnumerable<TaskSpec> specs) => RefusalOf(specs, static i => $"tasks[{i}].", "invalid-task");

    /// <summary>
    /// Returns why a workflow must not be accepted; null if it may be, as far as its nodes' files are concerned.
    /// </summary>
    internal ValueTask<Problem?> RefusalOf(WorkflowSpec spec) =>
        RefusalOf(spec.Nodes.Select(static node => node.Task), static i => $"nodes[{i}].task.", "invalid-workflow");

    /// <summary>Returns why a rollout must not be accepted; null if it may be, as far as its task's files are concerned.</summary>
    internal ValueTask<Problem?> RefusalOf(RolloutSpec spec) => RefusalOf([spec.Task], static _ => "task.", "invalid-rollout");

    /// <summary>
    /// Returns why a schedule must not be accepted; null if it may be, as far as the files of what it starts are concerned.
    /// </summary>
    internal ValueTask<Problem?> RefusalOf(ScheduleSpec spec) => spec.Workflow is { } workflow
        ? RefusalOf(workflow.Nodes.Select(static node => node.Task), static i => $"workflow.nodes[{i}].task.", "invalid-schedule")
        : RefusalOf([spec.Task], static _ => "task.", "invalid-schedule");

    private ValueTask<Problem?> RefusalOf(IEnumerable<TaskSpec> specs, Func<int, string> prefixOf, string code)
    {
        var filed = specs.Index().Where(static task => !task.Item.Files.IsEmpty).Select(task => (task.Item, prefixOf(task.Index))).ToArray();
        return filed.Length == 0 ? default : RefusalOf(filed, code);
    }

    private async ValueTask<Problem?> RefusalOf((TaskSpec Spec, string Prefix)[] tasks, string code = "invalid-task")
    {
        var missing = new HashSet<FileName>();
        foreach (var names in tasks.SelectMany(static task => task.Spec.NamedFiles).Distinct().Chunk(ServiceLimits.FilesAsked))
            missing.UnionWith(await grains.Files.Missing([.. names]));
        var others = tasks.SelectMany(static task => task.Spec.Files).Select(static file => file.Task).OfType<TaskId>().Distinct().ToImmutableArray();
        var known = others.IsEmpty ? [] : (await grains.Tasks.GetRows(others)).ToDictionary(static row => row.Id, static row => row.State);
        var errors = new List<SpecError>();
        foreach (var (spec, prefix) in tasks)
        {
            for (var i = 0; i < spec.Files.Length && errors.Count < SpecErrors.Capacity; i++)
            {
                if (FaultOf(spec, spec.Files[i]) is { } fault)
                    errors.Add(new SpecError($"{prefix}files[{i}]", fault));
            }
        }

        return errors.Count == 0 ? null : Problems.Invalid(code, errors);

        string? FaultOf(TaskSpec spec, TaskFile file) =>
            file.File is { } name && missing.Contains(name) ? $"names {name}, which is not stored; upload it first"
            : file.Task is not { } task ? null
            : !known.TryGetValue(task, out var state) ? $"names the task {task}, which is not stored"
            : !state.IsFinal() && !spec.After.Any(parent => parent.Task == task)
                ? $"names the task {task}, which has not ended; name it in after as well" : null;
    }
}
