namespace OrleansTasks.Client.Access;

/// <summary>Endpoint metadata: the form that a browser without a valid key gets as the body of its 401.</summary>
/// <param name="Write">Writes the answer, except for its status and <c>WWW-Authenticate</c>.</param>
public sealed record SignInForm(RequestDelegate Write)
{
    /// <summary>
    /// Returns the form for a request; null if the caller gets a problem document because it does not accept HTML.
    /// </summary>
    public static SignInForm? For(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<SignInForm>() is { } form
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            ? form
            : null;
}
