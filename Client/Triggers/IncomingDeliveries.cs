using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// Takes deliveries to triggers, which carry no key. It checks the signature first: a sender who does not know the
/// secret learns nothing about the trigger, and causes little work.
/// </summary>
/// <param name="grains">The triggers and definitions.</param>
/// <param name="runs">Records and starts runs.</param>
/// <param name="uses">Finds the definitions that nodes of workflows name.</param>
/// <param name="ids">Mints the ids of what is started.</param>
/// <param name="time">The clock.</param>
public sealed class IncomingDeliveries(
    GatewayGrains grains, RecordedRuns runs, DefinitionUses uses, TaskIdSource ids, TimeProvider time)
{
    private const string InvalidCode = "invalid-run";
    private readonly TriggerRates rates = new(time);
    private readonly DeliverySenders senders = new(time);
    private readonly DeliveryTurns turns = new();

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Starts the definition, if the signature is valid and the delivery passes the filter.</summary>
    internal async Task Take(HttpContext context)
    {
        var (name, address) = (TriggerCalls.NameIn(context), context.Connection.RemoteIpAddress);
        if (!senders.MayTry(address, name))
            throw new ProblemException(Problems.TooManyBadSignatures());
        var view = await Find(context);
        var delivery = new Delivery(context.Request, await RequestBody.ReadAny(context, RequestBody.Largest, time));
        var signed = TriggerSpecReader.ReadStoredSignature(view.Body);
        if (!DeliverySignature.IsValid(signed, view.Secret, delivery.Header, delivery.Body, Now))
        {
            senders.Failed(address, name);
            throw new ProblemException(Problems.BadSignature());
        }

        senders.Succeeded(address, name);
        var trigger = TriggerSpecReader.ReadStored(view.Body);
        if (trigger.IsPaused)
            throw new ProblemException(Problems.TriggerPaused());
        if (trigger.Signature == SignatureKind.Slack && delivery.TextOf("type") == "url_verification"
            && delivery.TextOf("challenge") is { } challenge)
            await ContractJson.Send(context, new SlackChallengeAnswer(challenge));
        else if (Passes(trigger, delivery))
            await Run(context, view, trigger, delivery);
        else
            await ContractJson.Send(context, new IgnoredDeliveryAnswer("filter"));
    }

    /// <summary>Says what a delivery would start, and starts nothing.</summary>
    internal async Task Test(HttpContext context)
    {
        var view = await Find(context);
        var delivery = new Delivery(context.Request, await RequestBody.ReadAny(context, RequestBody.Largest, time));
        var trigger = TriggerSpecReader.ReadStored(view.Body);
        bool? isValid = delivery.Header(DeliverySignature.HeaderOf(trigger)) is null ? null
            : DeliverySignature.IsValid(trigger, view.Secret, delivery.Header, delivery.Body, Now);
        var conditions = trigger.Conditions.Select(one =>
        {
            var found = delivery.Find(one.Of);
            return new ConditionAnswer(one.Of.Pointer?.Text ?? one.Of.Header!, found?.GetRawText(), one.IsMet(found));
        });
        var definition = await grains.Definitions.Get(view.Definition, null);
        var errors = new SpecErrors();
        FilledTarget? target = null;
        DefinitionSpec? spec = null;
        DefinitionRunSpec asked = new([]);
        if (definition is null)
            errors.Add("definition", "does not exist");
        else
        {
            spec = DefinitionSpecReader.ReadStored(definition.Body);
            asked = Asked(trigger, spec, delivery);
            target = DefinitionFilling.Fill(spec, asked, Now, errors, await uses.NodesOf(definition.Name, spec));
        }

        foreach (var fault in trigger.PatternFaults)
            errors.Add(fault.Path, fault.Message);
        await ContractJson.Send(context, new TriggerTestAnswer(
            target is not null && !trigger.IsPaused && trigger.PatternFaults.IsEmpty && Passes(trigger, delivery),
            isValid,
            isValid is null ? null : IdOf(trigger, delivery),
            [.. conditions],
            new StoredJson(spec is null ? "{}"u8.ToArray() : RecordedRuns.ShownValues(spec, asked)),
            target?.Kind, definition?.Version,
            target is null || spec!.Parameters.Any(static one => one.IsSecret) ? null : new StoredJson(target.Body),
            [.. errors.Items.Select(FaultAnswer.Of)]));
    }

    /// <summary>Forgets how many runs a trigger has started.</summary>
    internal void Forget(string trigger) => rates.Forget(trigger);

    // Throws 422 if only conditions that cannot be read any more are left to decide.
    private static bool Passes(TriggerSpec trigger, Delivery delivery)
    {
        if (trigger.Signature == SignatureKind.GitHub && delivery.IsPing)
            return false;
        if (!trigger.Conditions.Where(static one => one.IsReadable).All(one => one.IsMet(delivery.Find(one.Of))))
            return false;
        return trigger.PatternFaults is { IsEmpty: false } faults
            ? throw new ProblemException(Problems.Invalid(TriggerCalls.InvalidCode, faults)) : true;
    }

    private static string? IdOf(TriggerSpec trigger, Delivery delivery) =>
        DeliverySignature.IdOf(trigger, delivery.Header, delivery.Body, delivery.TextOf("event_id"));

    // Numbers and Booleans of a body also fit parameters that are texts.
    private static DefinitionRunSpec Asked(TriggerSpec trigger, DefinitionSpec spec, Delivery delivery)
    {
        var values = ImmutableArray.CreateBuilder<(string Name, JsonElement Value)>();
        foreach (var (name, source) in trigger.Parameters)
        {
            if (delivery.Find(source) is not { } found)
                continue;
            var isLiteral = found.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;
            var takesLiteral = spec.Parameters.FirstOrDefault(one => one.Name == name)?.Type
                is null or ParameterType.Number or ParameterType.Integer or ParameterType.Boolean;
            values.Add((name, isLiteral && !takesLiteral
                ? JsonSerializer.SerializeToElement(found.GetRawText(), DeliveryJson.Default.String) : found));
        }

        return new DefinitionRunSpec(values.DrainToImmutable());
    }

    private async Task<TriggerView> Find(HttpContext context) =>
        TriggerCalls.NameIn(context) is var name && TriggerSpecReader.IsName(name)
            && await grains.Triggers.Find(name) is { } view
            ? view : throw TriggerCalls.NoTrigger();

    private async Task Run(HttpContext context, TriggerView view, TriggerSpec trigger, Delivery delivery)
    {
        var id = IdOf(trigger, delivery);
        using var turn = id is null ? default : await turns.Enter($"{view.Name}\0{id}", context.RequestAborted);
        if (rates.Take(view.Name, trigger.Rate) is > 0 and var wait)
            throw new ProblemException(Problems.TriggerRate(trigger.Rate, wait));
        var definition = await grains.Definitions.Get(view.Definition, null) ?? throw DefinitionCalls.NoDefinition();
        var (spec, asked, target) = await Fill(definition, trigger, delivery);
        var run = new DefinitionRun(
            ids.Next(), definition.Kind, definition.Name, definition.Version, 0, RecordedRuns.ShownValues(spec, asked))
        {
            Says = $"trigger {view.Name}",
            IdempotencyKey = id is null ? default
                : SHA256.HashData(Encoding.UTF8.GetBytes($"trigger\0{view.Name}\0{id}")),
            BodyHash = id is null ? default : SHA256.HashData(delivery.Body),
        };
        var recorded = await runs.Add(run) ?? throw DefinitionCalls.NoDefinition();
        if (recorded.Id != run.Id)
        {
            if (await runs.HasStarted(recorded))
            {
                rates.GiveBack(view.Name);
                await ContractJson.Send(context, new IgnoredDeliveryAnswer("duplicate"));
                return;
            }

            // The gateway that recorded it stopped before the start.
            if (recorded.Version != definition.Version
                && await grains.Definitions.Get(recorded.Name, recorded.Version) is { } earlier)
                (_, _, target) = await Fill(earlier, trigger, delivery);
        }

        await runs.Start(target, recorded, new Submitter(null, null, run.Says));
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await ContractJson.Send(context, new StartedByTriggerAnswer(recorded.Id.ToString()));
    }

    private async Task<(DefinitionSpec Spec, DefinitionRunSpec Asked, FilledTarget Target)> Fill(
        DefinitionView definition, TriggerSpec trigger, Delivery delivery)
    {
        var spec = DefinitionSpecReader.ReadStored(definition.Body);
        var asked = Asked(trigger, spec, delivery);
        var errors = new SpecErrors();
        var target = DefinitionFilling.Fill(spec, asked, Now, errors, await uses.NodesOf(definition.Name, spec));
        return (spec, asked, target ?? throw new ProblemException(Problems.Of(errors, InvalidCode)));
    }
}
