using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// The answer of <see cref="ITrustStore.UseToken"/> to a silo: whether a worker may join the service with a join token,
/// and on which terms.
/// </summary>
/// <param name="Use">Whether the worker may join (<see cref="TokenUse.Used"/>), or why not.</param>
/// <param name="Terms">
/// The token's terms: the node names that it is for, and the labels that it gives to the node. A silo also needs them
/// to explain a refusal. <see cref="TokenTerms.Any"/> when there is no such token; no worker joins then.
/// </param>
public sealed record TokenVerdict(TokenUse Use, TokenTerms Terms);
