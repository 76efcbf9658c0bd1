using OrleansTasks.Trust;

namespace OrleansTasks.Storage;

/// <summary>A join token as a store has it.</summary>
/// <param name="Terms">What it demands and gives.</param>
/// <param name="ExpiresAt">When it ends, in Unix milliseconds.</param>
/// <param name="Holder">Who has used it; null: nobody yet.</param>
internal sealed record TokenRow(TokenTerms Terms, long ExpiresAt, TokenHolder? Holder)
{
    /// <summary>
    /// What becomes of the use of a token. A token that another holder has used is reported as spent also once it has
    /// expired.
    /// </summary>
    internal static TokenVerdict Judge(TokenRow? token, TokenHolder asking, long at)
    {
        if (token is null)
            return new(TokenUse.Unknown, TokenTerms.Any);
        if (token.Holder is { } holder && !holder.Is(asking))
            return new(TokenUse.Spent, token.Terms);
        if (token.ExpiresAt <= at)
            return new(TokenUse.Expired, token.Terms);
        return new(NamePattern.Matches(token.Terms.Node, asking.Node) ? TokenUse.Used : TokenUse.WrongName, token.Terms);
    }
}
