namespace OrleansTasks.ApiClient;

/// <summary>A trigger, by which other systems start a definition without a key.</summary>
public sealed record TriggerDetails
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The path to which deliveries are posted.</summary>
    public string Path { get; init; } = "";

    /// <summary>The definition whose latest version each delivery runs.</summary>
    public string Definition { get; init; } = "";

    /// <summary>The most runs a minute that the trigger starts.</summary>
    public int Rate { get; init; }

    /// <summary>Whether deliveries are refused.</summary>
    public bool Paused { get; init; }

    /// <summary>What the trigger is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>The secret that the service has just made; null in all other answers.</summary>
    public string? Secret { get; init; }
}
