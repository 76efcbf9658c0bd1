using System.Globalization;

namespace OrleansTasks.Client.Http;

/// <summary>
/// The condition <c>If-None-Match: *</c> of a call that stores something under a name: it only creates, and is refused
/// with 412 if the name is taken (RFC 9110, section 13.1.2). Whatever makes the change checks the condition together
/// with the change. For what has versions, the condition is the version 0.
/// </summary>
internal static class CreateOnly
{
    /// <summary>The request header.</summary>
    public const string Header = "If-None-Match";

    /// <summary>
    /// Returns whether a request has the condition. Throws 400 <c>bad-parameter</c> for another value of the header,
    /// and for a body with a version, which only something that exists has.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="version">The version in the body; null for none.</param>
    public static bool IsAsked(HttpContext context, long? version)
    {
        var header = context.Request.Headers.IfNoneMatch;
        if (header.Count == 0)
            return false;
        if (header.ToString() != "*")
            throw QueryValues.Refuse($"{Header} must be *, which stands for: only create, and replace nothing.");
        if (version is { } stored)
        {
            throw QueryValues.Refuse(string.Create(
                CultureInfo.InvariantCulture,
                $"{Header}: * only creates, and \"version\": {stored} only replaces. Send one of them."));
        }

        return true;
    }
}
