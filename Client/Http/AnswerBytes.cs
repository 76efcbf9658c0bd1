namespace OrleansTasks.Client.Http;

/// <summary>Sends answers whose bytes are complete.</summary>
internal static class AnswerBytes
{
    /// <summary>Sends a body: a large one when there is room for it (<see cref="AnswerBudget"/>).</summary>
    public static async ValueTask SendBytes(this HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        if (body.Length <= AnswerBudget.Small)
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        else
            await context.RequestServices.GetRequiredService<AnswerBudget>().Send(context, body);
    }

    /// <summary>Sends a body that this process keeps for all callers, no faster than it is read.</summary>
    public static async Task SendKept(this HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentLength = body.Length;
        if (body.Length <= AnswerBudget.Small)
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        else
            await context.RequestServices.GetRequiredService<AnswerBudget>().Writer(context).Write(body);
    }
}
