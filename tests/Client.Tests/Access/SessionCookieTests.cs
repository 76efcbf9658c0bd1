using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Client.Access;

namespace OrleansTasks.Client.Tests.Access;

public sealed class SessionCookieTests
{
    [Theory]
    [InlineData("https://tasks.example", "__Host-otask_session=s", "s")]
    [InlineData("https://tasks.example", "otask_session=planted", null)]
    [InlineData("http://tasks.example", "otask_session=s", "s")]
    public void Read_ByHttps_TakesTheCookieThatNoNeighbourCanSet(string url, string cookie, string? expected)
    {
        var context = Context(url);
        context.Request.Headers.Cookie = cookie;

        Assert.Equal(expected, SessionCookie.Read(context.Request));
    }

    [Fact]
    public void Set_ByHttps_HasWhatTheNamePromises()
    {
        var context = Context("https://tasks.example");

        SessionCookie.Set(context.Response, "s", secure: true);

        var cookie = context.Response.Headers.SetCookie.ToString();
        Assert.StartsWith("__Host-otask_session=s;", cookie, StringComparison.Ordinal);
        Assert.Contains("path=/;", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    private static DefaultHttpContext Context(string url) => new()
    {
        RequestServices = new ServiceCollection()
            .AddSingleton(new AccessOptions(new IPEndPoint(IPAddress.Loopback, 1), new Uri(url), false, false)).BuildServiceProvider(),
    };
}
