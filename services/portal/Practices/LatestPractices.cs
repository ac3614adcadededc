using Fabrique.Practices.V1;

namespace Fabrique.Portal.Practices;

/// <summary>The last practices that were published, which two parts of the home page show: asked once for a page.</summary>
internal sealed class LatestPractices(PracticeService.PracticeServiceClient practices)
{
    private Task<Answer<ListPracticesResponse>>? _answer;

    public Task<Answer<ListPracticesResponse>> Answer => _answer ??= practices.ListPracticesAsync(new() { PageSize = 6 }).Answer();
}
