using System.Text;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Rollouts;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Definitions;

/// <summary>Starts what a definition describes, as the calls for tasks, jobs, workflows and rollouts do.</summary>
/// <param name="grains">The jobs.</param>
/// <param name="submissions">Sends tasks to their dispatchers.</param>
/// <param name="files">Refuses tasks whose files are not there.</param>
/// <param name="rollouts">Starts rollouts.</param>
/// <param name="time">The clock.</param>
public sealed class DefinitionStarts(
    GatewayGrains grains, SubmitCalls submissions, FileCheck files, RolloutCalls rollouts, TimeProvider time)
{
    private const string InvalidCode = "invalid-run";

    /// <summary>
    /// Starts a run with the id of its record. Returns the problem if nothing was started; throws if that is unknown.
    /// </summary>
    /// <param name="target">What to start.</param>
    /// <param name="run">The record.</param>
    /// <param name="submitter">Who starts it; null if unknown.</param>
    internal async Task<Problem?> Start(FilledTarget target, DefinitionRun run, Submitter? submitter)
    {
        var definition = new DefinitionRef(run.Name, run.Version);
        var refusal = await (target.Kind switch
        {
            DefinitionKind.Task => StartTask(target, run, definition, submitter),
            DefinitionKind.Job => StartJob(target, run.Id, definition),
            DefinitionKind.Workflow => StartWorkflow(target, run, definition, submitter),
            _ => StartRollout(target, run.Id),
        });
        // The problem names places in the spec. The caller has sent only parameters.
        return refusal?.At(target.AsAsked, InvalidCode);
    }

    private async Task<Problem?> StartTask(
        FilledTarget target, DefinitionRun run, DefinitionRef definition, Submitter? submitter)
    {
        var spec = TaskSpecReader.Read(target.Body, Now, new SpecErrors(), out var extent)!;
        if (await files.RefusalOf(spec) is { } fault)
            return fault;
        var task = TaskSubmission.Of(run.Id, spec, extent, target.Body, submitter);
        task = task with { Labels = DefinitionLabels.With(task.Labels, definition) };
        var request = new SubmitRequest([task], null, null, MayRepeat(run));
        return await submissions.Start(spec.Queue, request, target.Body.Length);
    }

    private async Task<Problem?> StartWorkflow(
        FilledTarget target, DefinitionRun run, DefinitionRef definition, Submitter? submitter)
    {
        var spec = WorkflowSpecReader.Read(target.Body, Now, new SpecErrors { AllowsNodePaths = true })!;
        if (await files.RefusalOf(spec) is { } fault)
            return fault;
        ImmutableArray<TaskSubmission> tasks =
        [
            .. FilledWorkflow.Tasks(
                run.Id, spec, target.Body, target.NodesOf(definition, spec.Nodes.Length), new RunTaskIds(run.Id).Next)
                .Select(task => task with { Submitter = submitter }),
        ];
        var outline = WorkflowOutline.Of(spec) with { Labels = DefinitionLabels.With(spec.Labels, definition) };
        var request = new SubmitRequest(tasks, run.Id, null, MayRepeat(run))
        {
            Workflow = new WorkflowStart(run.Id, outline.Write()),
        };
        return await submissions.Start(spec.Queue, request, target.Body.Length);
    }

    private async Task<Problem?> StartJob(FilledTarget target, TaskId id, DefinitionRef definition)
    {
        var body = DefinitionJob.SpecOf(target, definition);
        var (reply, _) = await grains.Writes.Repeatedly(() => grains.Job(id).Create(body, null));
        if (reply.Outcome != JobOutcome.SourceRefused)
            return null;
        var place = JobSpecReader.ReadStored(body).Source.Files.IsEmpty ? "source.file.path" : "source.file";
        return Problems.Invalid(InvalidCode, [new SpecError(place, Encoding.UTF8.GetString(reply.Answer.Span))]);
    }

    private async Task<Problem?> StartRollout(FilledTarget target, TaskId id)
    {
        var spec = RolloutSpecReader.Read(target.Body, Now, new SpecErrors())!;
        if (await files.RefusalOf(spec) is { } fault)
            return fault;
        try
        {
            var reply = await rollouts.Begin(spec, target.Body, id, idempotency: null);
            return reply.Outcome == RolloutOutcome.Done ? null : RolloutCalls.TooManyOpen();
        }
        catch (ProblemException refused) when (refused.Problem.Errors is not null)
        {
            // No node fits, which is known before anything starts.
            return refused.Problem;
        }
    }

    // A call that repeats the run by its idempotency key may repeat a start whose outcome was unknown.
    private static bool MayRepeat(DefinitionRun run) => !run.IdempotencyKey.IsEmpty;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
