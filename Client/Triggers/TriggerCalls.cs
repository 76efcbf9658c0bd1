using System.Text.Json;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Triggers;

/// <summary>Shows and changes triggers.</summary>
/// <param name="grains">The triggers.</param>
/// <param name="deliveries">Takes deliveries.</param>
/// <param name="time">The clock.</param>
public sealed class TriggerCalls(GatewayGrains grains, IncomingDeliveries deliveries, TimeProvider time)
{
    /// <summary>The problem code of a trigger that is not valid.</summary>
    internal const string InvalidCode = "invalid-trigger";

    // Triggers per read of a list: one body may have many kibibytes.
    private const int PageSize = 50;

    /// <summary>Lists the triggers by name.</summary>
    internal async Task List(HttpContext context)
    {
        var all = new List<TriggerAnswer>();
        var after = "";
        while (true)
        {
            context.RequestAborted.ThrowIfCancellationRequested();
            var page = await grains.Triggers.List(after, PageSize);
            all.AddRange(page.Select(static one => TriggerAnswer.Of(one)));
            if (page.Length < PageSize)
                break;
            after = page[^1].Name;
        }

        await ContractJson.Send(context, new WholeList<TriggerAnswer>(all));
    }

    /// <summary>Returns one trigger.</summary>
    internal async Task Get(HttpContext context)
    {
        var name = NameIn(context);
        if (!TriggerSpecReader.IsName(name) || await grains.Triggers.Find(name) is not { } trigger)
            throw NoTrigger();
        await ContractJson.Send(context, TriggerAnswer.Of(trigger));
    }

    /// <summary>
    /// Creates a trigger, or replaces one. A secret that the service makes is shown in this answer only.
    /// </summary>
    internal async Task Put(HttpContext context)
    {
        var name = NameIn(context);
        if (!TriggerSpecReader.IsName(name))
            throw Invalid(
                "name", $"'{StrictReader.Quote(name)}' is not a trigger's name: it must match {SpecRules.QueueName}");

        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        var spec = TriggerSpecReader.Read(body, errors) ?? throw new ProblemException(Problems.Of(errors, InvalidCode));
        var onlyCreates = CreateOnly.IsAsked(context, version: null);
        await Check(name, spec);
        var change = new TriggerChange(name, spec.Definition, spec.Body, spec.Signature, spec.Secret)
        {
            OnlyCreates = onlyCreates,
        };
        var reply = await grains.Writes.Once(() => grains.Triggers.Put(change));
        switch (reply.Outcome)
        {
            case TriggerOutcome.Exists:
                throw new ProblemException(Problems.AlreadyExists("trigger"));
            case TriggerOutcome.TooMany:
                throw new ProblemException(Problems.TooManyTriggers());
            case TriggerOutcome.NoDefinition:
                throw Invalid("definition", "does not exist");
            case TriggerOutcome.Created:
                context.Response.StatusCode = StatusCodes.Status201Created;
                context.Response.Headers.Location = $"/api/v1/triggers/{name}";
                break;
        }

        deliveries.Forget(name);
        await Send(context, reply);
    }

    /// <summary>Gives a trigger another secret, which is shown in this answer only.</summary>
    internal async Task Rotate(HttpContext context)
    {
        var name = NameIn(context);
        if (TriggerSpecReader.IsName(name) && await grains.Triggers.Find(name) is { Kind: SignatureKind.Slack })
            throw Invalid("signature.secret", "comes from Slack: store the trigger with the app's new signing secret");
        var reply = TriggerSpecReader.IsName(name)
            ? await grains.Writes.Once(() => grains.Triggers.Rotate(name))
            : new TriggerReply(TriggerOutcome.NotFound, null, null);
        if (reply.Outcome == TriggerOutcome.NotFound)
            throw NoTrigger();
        await Send(context, reply);
    }

    /// <summary>Deletes a trigger.</summary>
    internal async Task Delete(HttpContext context)
    {
        var name = NameIn(context);
        if (!TriggerSpecReader.IsName(name))
            throw NoTrigger();
        var (isDeleted, isRepeated) = await grains.Writes.Repeatedly(() => grains.Triggers.Delete(name));
        // If the call was repeated, the first one may have deleted it.
        if (!isDeleted && !isRepeated)
            throw NoTrigger();
        deliveries.Forget(name);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Returns the name in the route.</summary>
    internal static string NameIn(HttpContext context) => context.Request.RouteValues["name"] as string ?? "";

    /// <summary>Returns the exception for 404: no such trigger.</summary>
    internal static ProblemException NoTrigger() =>
        new(Problems.NotFound("No trigger has this name; /api/v1/triggers lists all triggers."));

    private static ProblemException Invalid(string path, string message) =>
        new(Problems.Invalid(InvalidCode, [new SpecError(path, message)]));

    private static Task Send(HttpContext context, TriggerReply reply)
    {
        if (reply.NewSecret is not null)
            context.Response.Headers.CacheControl = "no-store";
        return ContractJson.Send(context, TriggerAnswer.Of(reply.Trigger!, reply.NewSecret));
    }

    // Each delivery is checked again, with the latest version of the definition.
    private async Task Check(string name, TriggerSpec spec)
    {
        if (spec is { Signature: SignatureKind.Slack, Secret: null }
            && await grains.Triggers.Find(name) is not { Kind: SignatureKind.Slack })
            throw Invalid("signature.secret", "is missing: give the signing secret that Slack shows for the app");
        if (await grains.Definitions.Get(spec.Definition, null) is not { } view)
            throw Invalid("definition", "does not exist");
        var definition = DefinitionSpecReader.ReadStored(view.Body);
        var errors = new SpecErrors();
        foreach (var (parameter, source) in spec.Parameters)
        {
            var path = StrictReader.Join("parameters", StrictReader.Quote(parameter));
            var known = definition.Parameters.FirstOrDefault(one => one.Name == parameter);
            if (known is null)
                errors.Add(path, DefinitionFilling.UnknownParameter(definition, parameter));
            else if (source.Value is not null && known.IsSecret)
                errors.Add(
                    $"{path}.value", "would show the value of a secret parameter; take the value from the delivery");
            else if (source.Value is { ValueKind: not JsonValueKind.Null } value)
                DefinitionFilling.CheckValue(known, value, $"{path}.value", errors);
        }

        foreach (var missing in definition.Parameters.Where(
            one => one.IsRequired && !spec.Parameters.Any(given => given.Name == one.Name)))
            errors.Add(StrictReader.Join("parameters", missing.Name), "is missing: the definition requires a value");
        if (!errors.IsEmpty)
            throw new ProblemException(Problems.Of(errors, InvalidCode));
    }
}
