namespace OrleansTasks.Client.Access;

/// <summary>Endpoint metadata: what a browser that has no valid key is shown as the body of its 401.</summary>
/// <param name="Write">Writes the whole answer but its status and <c>WWW-Authenticate</c>.</param>
public sealed record SignInForm(RequestDelegate Write)
{
    /// <summary>The form that a request is to be answered with; null when it gets a problem document, as programs do.</summary>
    public static SignInForm? For(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<SignInForm>() is { } form
        && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)
            ? form
            : null;
}
