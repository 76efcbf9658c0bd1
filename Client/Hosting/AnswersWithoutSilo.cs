namespace OrleansTasks.Client.Hosting;

/// <summary>Endpoint metadata: the endpoint has its own answer while no silo can be reached.</summary>
public sealed class AnswersWithoutSilo
{
    private AnswersWithoutSilo() { }

    /// <summary>The only instance.</summary>
    public static AnswersWithoutSilo Instance { get; } = new();
}
