namespace OrleansTasks.Client.Hosting;

/// <summary>Endpoint metadata: it has an answer of its own while no silo can be reached.</summary>
public sealed class AnswersWithoutSilo
{
    private AnswersWithoutSilo() { }

    /// <summary>The only one.</summary>
    public static AnswersWithoutSilo Instance { get; } = new();
}
