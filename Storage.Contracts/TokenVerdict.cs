using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>The answer of <see cref="ITrustStore.UseToken"/>; <see cref="TokenTerms.Any"/> if unknown.</summary>
public sealed record TokenVerdict(TokenUse Use, TokenTerms Terms);
