using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>
/// The result of <see cref="ITrustStore.UseToken"/>. The terms of an unknown token are <see cref="TokenTerms.Any"/>.
/// </summary>
public sealed record TokenVerdict(TokenUse Use, TokenTerms Terms);
