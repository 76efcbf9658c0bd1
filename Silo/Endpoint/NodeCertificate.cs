using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Whom a caller's certificate stands for.</summary>
/// <param name="Node">The node.</param>
/// <param name="Instance">Its instance.</param>
/// <param name="Labels">The labels that its join token gave it.</param>
public sealed record NodeCertificate(string Node, string Instance, ImmutableArray<Label> Labels);
