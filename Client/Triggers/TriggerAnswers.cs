using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Triggers;

namespace OrleansTasks.Client.Triggers;

/// <summary>
/// What the contract says about the body of the call that stores a trigger. Nothing deserializes it:
/// <see cref="TriggerSpecReader"/> reads the JSON.
/// </summary>
[Schema("TriggerSpec"), JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
[Description("What a trigger starts, with which values, and for which deliveries.")]
internal sealed record TriggerBody(
    [property: Description("The definition whose latest version each delivery runs."), JsonRequired]
    string Definition,
    [property: RefersTo("TriggerSignature"), JsonRequired]
    StoredJson Signature,
    [property: RefersTo("TriggerParameters")]
    StoredJson? Parameters,
    [property: RefersTo("TriggerFilter")]
    StoredJson? Filter,
    [property: Description("The most runs a minute that the trigger starts, at each gateway."),
        Range(1, ServiceLimits.LargestTriggerRate)]
    int? Rate,
    [property: Description("Whether deliveries are refused with 410.")]
    bool? Paused,
    [property: Description("What the trigger is for."), MaxLength(ServiceLimits.DescriptionLength)]
    string? Description)
{
    /// <summary>The example of the contract.</summary>
    public static TriggerBody Example => new(
        "etl/deploy", new StoredJson("""{"kind":"github"}"""u8.ToArray()),
        new StoredJson("""{"ref":{"pointer":"/ref"}}"""u8.ToArray()),
        new StoredJson("""
            [{"header":"X-GitHub-Event","equals":"push"},{"pointer":"/ref","matches":"^refs/heads/release-"}]
            """u8.ToArray()),
        null, null, null);
}

/// <summary>A trigger, as the HTTP contract shows it.</summary>
[Schema("Trigger"), Description("A way for other systems to start a definition, without a key.")]
internal sealed class TriggerAnswer
{
    private readonly TriggerView view;
    private readonly JsonElement body;

    private TriggerAnswer(TriggerView view, string? secret)
    {
        (this.view, Secret) = (view, secret);
        // Bodies that earlier versions stored still have their nulls.
        using var document = JsonDocument.Parse(NullMembers.Drop(view.Body));
        body = document.RootElement.Clone();
    }

    [Description("The name.")]
    public string Name => view.Name;

    [Description("The path to which deliveries are posted.")]
    public string Path => $"/triggers/{view.Name}";

    [Description("The definition whose latest version each delivery runs.")]
    public string Definition => view.Definition;

    [RefersTo("TriggerSignature")]
    public StoredJson Signature => Field("signature", "{}");

    [RefersTo("TriggerParameters")]
    public StoredJson Parameters => Field("parameters", "{}");

    [RefersTo("TriggerFilter")]
    public StoredJson Filter => Field("filter", "[]");

    [Description("The most runs a minute that the trigger starts, at each gateway.")]
    public int Rate => body.TryGetProperty("rate", out var rate) ? rate.GetInt32() : ServiceLimits.TriggerRate;

    [Description("Whether deliveries are refused with 410.")]
    public bool Paused => body.TryGetProperty("paused", out var paused) && paused.GetBoolean();

    [Description("What the trigger is for.")]
    public string Description => body.TryGetProperty("description", out var text) ? text.GetString()! : "";

    [Description("When the trigger was created.")]
    public Timestamp CreatedAt => view.CreatedAt;

    [Description("When the trigger was last changed.")]
    public Timestamp ChangedAt => view.ChangedAt;

    [Description("The secret that the service has just made. It is shown only this once; otherwise null.")]
    public string? Secret { get; }

    /// <summary>The example of the contract.</summary>
    public static TriggerAnswer Example => Of(
        new TriggerView(
            "deploy", "etl/deploy",
            """
            {"definition":"etl/deploy","parameters":{"ref":{"pointer":"/ref"}},
             "filter":[{"pointer":"/ref","equals":"refs/heads/main"}],"signature":{"kind":"github"}}
            """u8.ToArray(),
            Examples.Time, Examples.Time, SignatureKind.GitHub, ""),
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");

    /// <summary>Returns the answer of a trigger.</summary>
    /// <param name="view">The trigger.</param>
    /// <param name="secret">The secret that the service has just made; null to show none.</param>
    public static TriggerAnswer Of(TriggerView view, string? secret = null) => new(view, secret);

    private StoredJson Field(string name, string without) =>
        StoredJson.Of(body.TryGetProperty(name, out var value) ? value.GetRawText() : without);
}

/// <summary>The answer to a delivery that started a run.</summary>
[Schema("StartedByTrigger"), Description("What a delivery has started.")]
internal sealed record StartedByTriggerAnswer([property: RefersTo("Id")] string Id)
{
    /// <summary>The example of the contract.</summary>
    public static StartedByTriggerAnswer Example => new(Examples.Id.ToString());
}

/// <summary>The answer to a delivery that started nothing.</summary>
[Schema("IgnoredDelivery"), Description("Why a delivery started nothing.")]
internal sealed record IgnoredDeliveryAnswer(
    [property: Description(
        "filter: the delivery does not pass the filter. duplicate: an earlier delivery with this id started a run.")]
    [property: AllowedValues("filter", "duplicate")]
    string Ignored)
{
    /// <summary>The example of the contract.</summary>
    public static IgnoredDeliveryAnswer Example => new("filter");
}

/// <summary>The answer to Slack's check of an address.</summary>
[Schema("SlackChallenge"), Description("The answer to Slack's check of an address.")]
internal sealed record SlackChallengeAnswer(string Challenge)
{
    /// <summary>The example of the contract.</summary>
    public static SlackChallengeAnswer Example => new("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
}

/// <summary>The answer to a test of a trigger, as the HTTP contract shows it.</summary>
[Schema("TriggerTest"), Description("What a delivery would start.")]
internal sealed record TriggerTestAnswer(
    [property: Description("Whether the delivery would start a run, if its signature is valid.")]
    bool Starts,
    [property: Description("Whether the signature is valid; null if the request has no signature.")]
    bool? SignatureValid,
    [property: Description("The id by which a repeated delivery is recognized; null if it has none.")]
    string? DeliveryId,
    [property: Description("The conditions of the filter, in order.")]
    ImmutableArray<ConditionAnswer> Filter,
    [property: Description("The values that the run gets, without those of secret parameters.")]
    StoredJson Parameters,
    [property: Description("The kind of what would start; null if nothing would.")]
    DefinitionKind? Kind,
    [property: Description("The definition's version.")]
    long? Version,
    [property: Description(
        "What would start, as JSON; null if nothing would, or the definition has secret parameters.")]
    StoredJson? Target,
    [property: Description("What is wrong with the values, by path.")]
    ImmutableArray<FaultAnswer> Errors)
{
    /// <summary>The example of the contract.</summary>
    public static TriggerTestAnswer Example => new(
        true, null, null, [new ConditionAnswer("/ref", "\"refs/heads/main\"", true)],
        new StoredJson("""{"ref":"refs/heads/main"}"""u8.ToArray()), DefinitionKind.Task, 3,
        new StoredJson("""{"argv":["./deploy","refs/heads/main"]}"""u8.ToArray()), []);
}

/// <summary>A condition, and the value that it was compared with.</summary>
internal sealed record ConditionAnswer(
    [property: Description("The JSON pointer or the header.")] string Of,
    [property: Description("The value in the delivery, as JSON; null if there is none.")] string? Found,
    [property: Description("Whether the delivery passes.")] bool Passes);

/// <summary>A fault.</summary>
internal sealed record FaultAnswer(
    [property: Description("The field.")] string Path, [property: Description("What is wrong.")] string Message)
{
    /// <summary>Returns the answer of a fault.</summary>
    public static FaultAnswer Of(SpecError fault) => new(fault.Path, fault.Message);
}
