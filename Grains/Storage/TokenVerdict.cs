using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>The answer to the use of a join token.</summary>
/// <param name="Use">What became of it.</param>
/// <param name="Terms">The token's terms; <see cref="TokenTerms.Any"/> when there is no such token.</param>
public sealed record TokenVerdict(TokenUse Use, TokenTerms Terms);
