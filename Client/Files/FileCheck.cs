using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Jobs.Spec;
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
    /// <summary>Returns the problem with the files of a task; null if there is none.</summary>
    internal ValueTask<Problem?> RefusalOf(TaskSpec spec) =>
        spec.Files.IsEmpty ? default : RefusalOf([new(spec, null, "")], "invalid-task");

    /// <summary>Returns the problem with the files of a batch; null if there is none.</summary>
    internal ValueTask<Problem?> RefusalOf(IEnumerable<TaskSpec> specs) =>
        RefusalOf(specs.Select(static (spec, i) => new Asked(spec, null, $"tasks[{i}].")), "invalid-task");

    /// <summary>Returns the problem with the files of a workflow; null if there is none.</summary>
    internal ValueTask<Problem?> RefusalOf(WorkflowSpec spec) => RefusalOf(Nodes(spec, ""), "invalid-workflow");

    /// <summary>Returns the problem with the files of a rollout; null if there is none.</summary>
    internal ValueTask<Problem?> RefusalOf(RolloutSpec spec) =>
        RefusalOf([new(spec.Task, null, "task.")], "invalid-rollout");

    /// <summary>Returns the problem with the files of a schedule; null if there is none.</summary>
    internal ValueTask<Problem?> RefusalOf(ScheduleSpec spec) => RefusalOf(
        spec.Workflow is { } workflow ? Nodes(workflow, "workflow.")
            : spec.Job is { } job ? [new(null, job.Source, "job.")]
            : [new(spec.Task, null, "task.")],
        "invalid-schedule");

    private static IEnumerable<Asked> Nodes(WorkflowSpec spec, string prefix) => spec.Nodes.Select((node, i) =>
        node.Job is { } job
            ? new Asked(null, job.Source, $"{prefix}nodes[{i}].job.")
            : new Asked(node.Task, null, $"{prefix}nodes[{i}].task."));

    private ValueTask<Problem?> RefusalOf(IEnumerable<Asked> specs, string code)
    {
        var filed = specs.Where(static one => one is { Task.Files.IsEmpty: false } or { Source.Files.IsEmpty: false })
            .ToArray();
        return filed.Length == 0 ? default : RefusalOf(filed, code);
    }

    private async ValueTask<Problem?> RefusalOf(Asked[] filed, string code)
    {
        var missing = new HashSet<FileName>();
        foreach (var names in filed.SelectMany(static one => one.Names).Distinct().Chunk(ServiceLimits.FilesAsked))
            missing.UnionWith(await grains.Files.Missing([.. names]));
        var others = filed.SelectMany(static one => one.Files).Select(static file => file.Task).OfType<TaskId>().Distinct()
            .ToImmutableArray();
        var known = others.IsEmpty ? [] : (await grains.Tasks.GetRows(others)).ToDictionary(static row => row.Id, static row => row.State);
        var errors = new List<SpecError>();
        foreach (var one in filed)
        {
            for (var i = 0; i < one.Files.Length && errors.Count < SpecErrors.Capacity; i++)
            {
                if (FaultOf(one.Task!, one.Files[i]) is { } fault)
                    errors.Add(new SpecError($"{one.Prefix}files[{i}]", fault));
            }

            // The job itself looks for the artifacts that it names, and reports if there are none.
            if (one.Source is { } source && source.NamedFiles.Where(missing.Contains).ToArray() is [var absent, ..])
                errors.Add(new SpecError($"{one.Prefix}source.file", NotStored(absent)));
        }

        return errors.Count == 0 ? null : Problems.Invalid(code, errors);

        string? FaultOf(TaskSpec spec, TaskFile file) =>
            file.File is { } name && missing.Contains(name) ? NotStored(name)
            : file.Task is not { } task ? null
            : !known.TryGetValue(task, out var state) ? $"names the task {task}, which is not stored"
            : !state.IsFinal() && !spec.After.Any(parent => parent.Task == task)
                ? $"names the task {task}, which has not ended; name it in after as well" : null;
    }

    private static string NotStored(FileName name) => $"names {name}, which is not stored; upload it first";

    private sealed record Asked(TaskSpec? Task, JobSource? Source, string Prefix)
    {
        public ImmutableArray<TaskFile> Files => Task?.Files ?? [];

        public ImmutableArray<FileName> Names => Task?.NamedFiles ?? Source!.NamedFiles;
    }
}
