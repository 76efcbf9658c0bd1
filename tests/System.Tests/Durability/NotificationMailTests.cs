using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>Notifications by mail, through a real mail server, across <c>kill -9</c> of the service.</summary>
public sealed class NotificationMailTests : DataFolders
{
    private const string Root = "/api/v1/notifications";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Mail_OverARefusalAndAKill_LosesNothing()
    {
        await using var mail = new MailServer();
        await using (var service = await Start(mail))
        {
            await Put(service, $"{Root}/ops", """
                {"on":["failed","recovered"],"match":{"queue":"mailed"},
                 "to":{"mail":["ops@example.org","more@example.org"]},"digest":"1s"}
                """);
            var tested = JsonNode.Parse(await Send(service, HttpMethod.Post, $"{Root}/ops/test"))!;
            Assert.True((bool)tested["sent"]!, tested.ToJsonString());
            var test = Assert.Single(mail.Mail);
            foreach (var part in (string[])["Subject: OrleansTasks: Test", "From: tasks@example.org",
                "To: ops@example.org, more@example.org", "Auto-Submitted: auto-generated"])
                Assert.Contains(part, test, StringComparison.Ordinal);

            mail.Takes = false;
            for (var i = 0; i < 30; i++)
                await Send(service, HttpMethod.Post, "/api/v1/tasks", """{"argv":["false"],"queue":"mailed"}""");
            await Send(service, HttpMethod.Post, "/api/v1/tasks", """{"argv":["false"],"queue":"other"}""");
            await Until.Holds(
                "all failures wait for mail that is refused, and the notification says so", Limit, async () =>
                JsonNode.Parse(await service.Http.GetStringAsync($"{Root}/ops")) is { } ops
                    && (long)ops["waiting"]! == 30 && mail.Refused > 0 && ops["failingSince"] is not null);
            await service.KillAll();
        }

        mail.Takes = true;
        await using (var service = await Start(mail))
        {
            await Until.Holds(
                "every failure was told", Limit, () => Task.FromResult(mail.Mail.Skip(1).Sum(Failures) >= 30));
            Assert.Equal(30, mail.Mail.Skip(1).Sum(Failures));

            await Put(service, "/api/v1/definitions/daily", """
                {"parameters":[{"name":"with","required":true}],"task":{"argv":["${param.with}"],"queue":"mailed"}}
                """);
            foreach (var with in (string[])["false", "false", "true", "true"])
            {
                var run = JsonNode.Parse(await Send(service, HttpMethod.Post, "/api/v1/definitions/daily/runs",
                    $$$"""{"parameters":{"with":"{{{with}}}"}}"""))!;
                await service.Ended((string)run["id"]!);
            }

            await Until.Holds("the recovery was told", Limit, () => Task.FromResult(mail.Mail.Any(IsRecovery)));
            await Until.Holds("nothing waits", Limit, async () =>
                (long)JsonNode.Parse(await service.Http.GetStringAsync($"{Root}/ops"))!["waiting"]! == 0);
            Assert.Single(mail.Mail, IsRecovery);
            Assert.Equal(32, mail.Mail.Skip(1).Sum(Failures));
        }

        static bool IsRecovery(string text) =>
            text.Contains("definition daily has recovered", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mail_ThatCannotBeSent_SaysWhy()
    {
        await using var mail = new MailServer();
        await using (var service = await Service.Start(In("without")))
        {
            using var content = new StringContent(
                """{"on":["failed"],"to":{"mail":["ops@example.org"]}}""", Encoding.UTF8, "application/json");
            using var refused = await service.Http.PutAsync($"{Root}/ops", content);
            Assert.Equal(422, (int)refused.StatusCode);
            Assert.Contains("--smtp", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // The server offers no TLS, and the password must not travel in the clear.
        await using (var service = await Start(mail, "smtp"))
        {
            await Put(service, $"{Root}/ops", """{"on":["failed"],"to":{"mail":["ops@example.org"]}}""");
            var tested = JsonNode.Parse(await Send(service, HttpMethod.Post, $"{Root}/ops/test"))!;
            Assert.False((bool)tested["sent"]!);
            Assert.Contains("STARTTLS", (string)tested["failure"]!, StringComparison.Ordinal);
            Assert.Empty(mail.Mail);
        }
    }

    [Fact]
    public async Task Otask_SetsShowsTestsAndDeletesANotification()
    {
        await using var mail = new MailServer();
        await using var service = await Start(mail);

        var set = await Otask.Run(
            service, "notification", "set", "night", "--on", "failed,late", "--mail", "ops@example.org",
            "--match-definition", "etl/*",
            "--quiet-hours", "22:00-07:00", "--zone", "Europe/Berlin", "--digest", "5m");
        var wrong = await Otask.Run(
            service, "notification", "set", "night", "--on", "fail", "--mail", "ops@example.org");
        var test = await Otask.Run(service, "notification", "test", "night");
        var listed = await Otask.Run(service, "notification", "list");
        var shown = JsonNode.Parse((await Otask.Run(service, "notification", "show", "night", "-o", "json")).Output)!;
        var deleted = await Otask.Run(service, "notification", "delete", "night");

        Assert.True(set.ExitCode == 0, set.Errors);
        Assert.Contains("did you mean 'failed'", wrong.Errors, StringComparison.Ordinal);
        Assert.Matches("sent +true", test.Output);
        Assert.Single(mail.Mail);
        Assert.Contains("ops@example.org", listed.Output, StringComparison.Ordinal);
        Assert.Equal(("5m", "22:00", "etl/*"),
            ((string?)shown["digest"], (string?)shown["quiet"]!["from"], (string?)shown["match"]!["definition"]));
        Assert.Equal(0, deleted.ExitCode);
        Assert.Empty(JsonNode.Parse(await service.Http.GetStringAsync(Root))!["items"]!.AsArray());
    }

    private static long Failures(string mail) =>
        Regex.Match(mail, "^Subject: .*?([0-9,]+) failed", RegexOptions.Multiline) is { Success: true } found
        ? long.Parse(found.Groups[1].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 0;

    private static async Task<string> Send(Service service, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await service.Http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return text;
    }

    private static Task<string> Put(Service service, string path, string body) =>
        Send(service, HttpMethod.Put, path, body);

    private Task<Service> Start(MailServer mail, string scheme = "smtp-plain")
    {
        var password = In("password");
        File.WriteAllText(password, mail.Password + "\n");
        var server = string.Create(
            CultureInfo.InvariantCulture, $"{scheme}://{Uri.EscapeDataString(mail.User)}@127.0.0.1:{mail.Port}");
        return Service.Start(Data, "--lease", "8s", "--smtp", server, "--smtp-password-file", password);
    }
}
