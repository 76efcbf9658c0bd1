namespace OrleansTasks.Client.Access;

/// <summary>What a browser learns of its new session.</summary>
/// <param name="Name">The name of its key.</param>
/// <param name="Scopes">What it may do.</param>
public sealed record SessionView(string Name, ImmutableArray<string> Scopes);
