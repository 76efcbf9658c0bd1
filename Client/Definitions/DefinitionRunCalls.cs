using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using OrleansTasks.Access;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>Runs definitions, and lists their runs.</summary>
/// <param name="grains">The definitions, and what they start.</param>
/// <param name="runs">Records and starts runs.</param>
/// <param name="definitions">Finds definitions.</param>
/// <param name="uses">Finds the definitions that nodes of workflows name.</param>
/// <param name="ids">Mints the ids of what is started.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class DefinitionRunCalls(
    GatewayGrains grains, RecordedRuns runs, DefinitionCalls definitions, DefinitionUses uses, TaskIdSource ids,
    Idempotency idempotency, LongReads reads, TimeProvider time)
{
    private const string InvalidCode = "invalid-run";

    /// <summary>
    /// Runs a definition. The run is recorded before it starts, with the id of what it starts, so a repeated call with
    /// the same idempotency key finds it, and starts it if the first call got no further.
    /// </summary>
    internal async Task Run(HttpContext context, ApiCall call)
    {
        var name = DefinitionCalls.NameIn(context);
        if (!context.MayReach(Scopes.Submit, name))
        {
            await context.Refuse(AccessProblems.OutsideKey);
            return;
        }

        byte[] body = HasBody(context) ? await RequestBody.ReadJson(context, RequestBody.Largest, time) : [];
        var errors = new SpecErrors();
        var asked = DefinitionRunSpec.Read(body, errors) ?? throw new ProblemException(Problems.Of(errors, InvalidCode));
        var key = Idempotency.KeyOf(context, call with { Path = $"{DefinitionPaths.Root}/{name}/runs" });
        using var claim = key is null ? default : idempotency.Enter(key);
        var view = await definitions.Find(context, asked.Version, Scopes.Submit);
        // An earlier version may have taken values that the latest does not take.
        if (asked.Version is not null && !context.Has(Scopes.Submit) && (await definitions.Find(context, null, Scopes.Submit)).Version != view.Version)
        {
            await context.Refuse(AccessProblems.EarlierVersion);
            return;
        }

        var (spec, target) = await Fill(view, asked);
        var submitter = RequestOrigin.SubmitterOf(context);
        var run = new DefinitionRun(
            ids.Next(), view.Kind, view.Name, view.Version, 0, RecordedRuns.ShownValues(spec, asked))
        {
            Key = submitter?.Key, KeyName = submitter?.KeyName, Says = submitter?.Says,
            IdempotencyKey = key, BodyHash = key is null ? default : SHA256.HashData(body),
        };
        var recorded = await runs.Add(run) ?? throw DefinitionCalls.NoDefinition();
        if (recorded.Id != run.Id)
        {
            if (!recorded.BodyHash.Span.SequenceEqual(run.BodyHash.Span))
                throw new ProblemException(Problems.IdempotencyKeyReuse());
            context.Response.Headers[Idempotency.ReplayedHeader] = "true";
            if (await runs.HasStarted(recorded))
            {
                await Accept(context, recorded);
                return;
            }

            if (recorded.Version != view.Version)
                (_, target) = await Fill(await definitions.Find(context, recorded.Version, Scopes.Submit), asked);
        }

        await runs.Start(target, recorded, submitter);
        await Accept(context, recorded);
    }

    /// <summary>Lists the runs of a definition, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 200, defaultValue: 50);
        var before = DefinitionCalls.Before(query);
        await definitions.Find(context, version: null);
        var page = await grains.Definitions.Runs(DefinitionCalls.NameIn(context), before, limit + 1);
        var states = await reads.Run(context, _ => StatesOf([.. page.Take(limit)]));
        await ListAnswer.SendPage(
            context, page, limit,
            (json, run) => ContractJson.Write(json, DefinitionRunAnswer.Of(run, states.GetValueOrDefault(run.Id))),
            static run => DefinitionCalls.CursorOf(run.No));
    }

    private static bool HasBody(HttpContext context) => context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true };

    private async Task<(DefinitionSpec Spec, FilledTarget Target)> Fill(DefinitionView view, DefinitionRunSpec asked)
    {
        var errors = new SpecErrors();
        var spec = DefinitionSpecReader.ReadStored(view.Body);
        var target = DefinitionFilling.Fill(
            spec, asked, time.GetUtcNow().ToUnixTimeMilliseconds(), errors, await uses.NodesOf(view.Name, spec));
        return (spec, target ?? throw new ProblemException(Problems.Of(errors, InvalidCode)));
    }

    private static Task Accept(HttpContext context, DefinitionRun run)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"/api/v1/{run.Kind.Name()}s/{run.Id}";
        return ContractJson.Send(context, new StartedRunAnswer(run.Kind, run.Id.ToString(), run.Name, run.Version));
    }

    private async Task<Dictionary<TaskId, string>> StatesOf(ImmutableArray<DefinitionRun> page)
    {
        var states = new Dictionary<TaskId, string>();
        ImmutableArray<TaskId> tasks =
            [.. page.Where(static run => run.Kind == DefinitionKind.Task).Select(static run => run.Id)];
        if (!tasks.IsEmpty)
        {
            foreach (var row in await grains.Tasks.GetRows(tasks))
                states[row.Id] = row.State.Name();
        }

        foreach (var run in page.Where(static run => run.Kind != DefinitionKind.Task))
        {
            if (await runs.StateOf(run) is { } state)
                states[run.Id] = state;
        }

        return states;
    }
}
