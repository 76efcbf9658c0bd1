using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>The identity in a caller's certificate.</summary>
/// <param name="Node">The node.</param>
/// <param name="Instance">The node's instance.</param>
/// <param name="Labels">The labels that its join token gave.</param>
public sealed record NodeCertificate(string Node, string Instance, ImmutableArray<Label> Labels);
